import type { Desk } from "../state/desk";
import type { ClassView } from "../wire/types";
import type { Action } from "./action";

const hasQuestion = (desk: Desk) => desk.session.current !== null;
const isOpen = (desk: Desk) => hasQuestion(desk) && desk.session.looked === null;

/** Says that the question on the screen is of this class. */
export function answerWith(desk: Desk, value: string): void {
  if (!hasQuestion(desk)) return;
  desk.face.chose(value);
  desk.session.answer(value);
}

export function choose(known: ClassView): Action {
  return {
    id: `choose:${known.name}`,
    title: `Answer “${known.name}”`,
    group: "Answer",
    icon: "class",
    keys: known.key ? [known.key] : [],
    labelling: true,
    enabled: hasQuestion,
    perform: (desk) => answerWith(desk, known.name),
  };
}

export const accept: Action = {
  id: "accept",
  title: "Accept the suggestion",
  group: "Answer",
  icon: "accept",
  keys: ["enter", "a", "ctrl+enter"],
  labelling: true,
  enabled: (desk) => isOpen(desk) && !!desk.session.current?.suggestion,
  perform: (desk) => {
    const value = desk.session.current?.suggestion?.value;
    if (value !== undefined) answerWith(desk, value);
  },
};

export const skip: Action = {
  id: "skip",
  title: "Skip",
  group: "Answer",
  icon: "skip",
  keys: ["space"],
  labelling: true,
  enabled: isOpen,
  perform: (desk) => desk.session.skip(),
};

export const skipBecause: Action = {
  id: "skip-because",
  title: "Skip and say why",
  group: "Answer",
  icon: "chevron",
  keys: ["shift+space"],
  labelling: true,
  enabled: isOpen,
  perform: (desk) => desk.face.open("skip"),
};

export const flag: Action = {
  id: "flag",
  title: "Flag with a comment",
  group: "Answer",
  icon: "flag",
  keys: ["f"],
  labelling: true,
  enabled: hasQuestion,
  perform: (desk) => desk.face.open("flag"),
};

export const newClass: Action = {
  id: "new-class",
  title: "Add a class",
  group: "Answer",
  icon: "class",
  keys: ["n"],
  labelling: true,
  offered: (desk) => desk.campaign.get().settings.open_classes,
  enabled: (desk) => desk.campaign.get().settings.open_classes,
  perform: (desk) => desk.face.open("class"),
};
