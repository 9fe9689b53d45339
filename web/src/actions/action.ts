import type { Desk } from "../state/desk";

export type IconName =
  | "accept"
  | "answers"
  | "back"
  | "bright"
  | "close"
  | "chevron"
  | "class"
  | "dark"
  | "export"
  | "flag"
  | "forward"
  | "guidelines"
  | "help"
  | "label"
  | "light"
  | "more"
  | "palette"
  | "progress"
  | "redo"
  | "search"
  | "send"
  | "settings"
  | "skip"
  | "spark"
  | "undo"
  | "why"
  | "zoom";

export type Group = "Answer" | "Go back" | "Look closer" | "Go to" | "Help";

export const GROUPS: readonly Group[] = ["Answer", "Go back", "Look closer", "Go to", "Help"];

/**
 * One thing that can be done, said once: the key, the button, the palette and the help sheet are all made of
 * this object.
 */
export interface Action {
  id: string;
  title: string;
  group: Group;
  icon: IconName;
  /** As `ctrl+shift+z`, `space`, `?` or a sequence as `g p`; the first is the one that is shown. */
  keys: readonly string[];
  /** Only where a question is on the screen. */
  labelling?: boolean;
  /** Works from within a text field, too. */
  inField?: boolean;
  /** False where a campaign has no use for it at all; then neither the help nor the palette names it. */
  offered?: (desk: Desk) => boolean;
  enabled: (desk: Desk) => boolean;
  perform: (desk: Desk) => void;
}
