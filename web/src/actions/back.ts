import type { Action } from "./action";

export const undo: Action = {
  id: "undo",
  title: "Undo",
  group: "Go back",
  icon: "undo",
  keys: ["ctrl+z", "backspace", "delete"],
  labelling: true,
  enabled: (desk) => desk.session.state.get().past.length > 0,
  perform: (desk) => desk.session.undo(),
};

export const redo: Action = {
  id: "redo",
  title: "Redo",
  group: "Go back",
  icon: "redo",
  keys: ["ctrl+shift+z", "ctrl+y"],
  labelling: true,
  enabled: (desk) => desk.session.state.get().undone.length > 0,
  perform: (desk) => desk.session.redo(),
};

export const previous: Action = {
  id: "previous",
  title: "Look at the answer before",
  group: "Go back",
  icon: "back",
  keys: ["arrowleft", "ctrl+arrowleft"],
  labelling: true,
  enabled: (desk) => desk.session.state.get().past.length > 0 && desk.session.state.get().looking !== 0,
  perform: (desk) => desk.session.previous(),
};

export const next: Action = {
  id: "next",
  title: "On to the next one",
  group: "Go back",
  icon: "forward",
  keys: ["arrowright", "ctrl+arrowright"],
  labelling: true,
  enabled: (desk) => desk.session.looked !== null,
  perform: (desk) => desk.session.next(),
};
