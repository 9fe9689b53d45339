import type { ClassView } from "../wire/types";
import type { Action } from "./action";
import { accept, choose, flag, newClass, skip, skipBecause } from "./answer";
import { next, previous, redo, undo } from "./back";
import { destinations, help, palette, sendNow } from "./go";
import { brighter, darker, filter, guidelines, why, zoom } from "./look";

export * from "./action";
export * from "./answer";
export * from "./back";
export * from "./go";
export * from "./keymap";
export * from "./look";

const FIXED: readonly Action[] = [
  accept,
  skip,
  skipBecause,
  flag,
  newClass,
  undo,
  redo,
  previous,
  next,
  why,
  zoom,
  brighter,
  darker,
  filter,
  guidelines,
  ...destinations,
  help,
  palette,
  sendNow,
];

/** Everything that can be done with these classes. */
export function actionsFor(classes: readonly ClassView[]): Action[] {
  return [...classes.map(choose), ...FIXED];
}
