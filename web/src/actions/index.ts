import type { Desk } from "../state/desk";
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

/** Everything that can be done in this campaign. */
export function actionsFor(desk: Desk): Action[] {
  const all = [...desk.campaign.get().classes.map(choose), ...FIXED];
  return all.filter((action) => action.offered?.(desk) ?? true);
}
