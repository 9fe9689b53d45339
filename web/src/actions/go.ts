import type { View } from "../state/face";
import type { Action, IconName } from "./action";

const NAMES: Record<View, [title: string, icon: IconName]> = {
  label: ["Label", "label"],
  progress: ["Progress", "progress"],
  answers: ["Answers", "answers"],
  settings: ["Settings", "settings"],
};

const goTo = (view: View): Action => ({
  id: `go-${view}`,
  title: NAMES[view][0],
  group: "Go to",
  icon: NAMES[view][1],
  keys: [`g ${view[0]}`],
  enabled: () => true,
  perform: (desk) => desk.face.go(view),
});

export const destinations: readonly Action[] = [
  goTo("label"),
  goTo("progress"),
  goTo("answers"),
  goTo("settings"),
];

export const help: Action = {
  id: "help",
  title: "Keys",
  group: "Help",
  icon: "help",
  keys: ["?"],
  enabled: () => true,
  perform: (desk) => desk.face.open("help"),
};

export const palette: Action = {
  id: "palette",
  title: "Find anything to do",
  group: "Help",
  icon: "palette",
  keys: ["ctrl+k"],
  inField: true,
  enabled: () => true,
  perform: (desk) => desk.face.open("palette"),
};

export const sendNow: Action = {
  id: "send-now",
  title: "Send what is unsent",
  group: "Help",
  icon: "send",
  keys: ["ctrl+s"],
  inField: true,
  enabled: () => true,
  perform: (desk) => desk.connection.wake(),
};
