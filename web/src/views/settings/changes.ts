import type { Settings, SettingsRequest } from "../../wire/types";
import { type Schedule, scheduleOf, shareOf } from "./schedule";

/** What the form holds: the goals are empty where there is none. */
export interface Draft {
  title: string;
  guidelines: string;
  random: Schedule;
  hide_share: number;
  overlap: number;
  budget: number | "";
  target: number | "";
  skipped: Settings["skipped"];
  class_descriptions: Record<string, string>;
}

export function draftOf(settings: Settings): Draft {
  return {
    title: settings.title,
    guidelines: settings.guidelines,
    random: scheduleOf(settings.random_share),
    hide_share: settings.hide_share,
    overlap: settings.overlap,
    budget: settings.budget ?? "",
    target: settings.target === null ? "" : Math.round(settings.target * 1000) / 10,
    skipped: settings.skipped,
    class_descriptions: settings.class_descriptions,
  };
}

/** Only what differs; a goal that was taken away is sent as 0. */
export function changesOf(draft: Draft, settings: Settings): SettingsRequest {
  const before = draftOf(settings);
  const changes: SettingsRequest = {};
  if (draft.title.trim() !== before.title) changes.title = draft.title.trim();
  if (draft.guidelines !== before.guidelines) changes.guidelines = draft.guidelines;
  if (shareOf(draft.random) !== shareOf(before.random)) changes.random_share = shareOf(draft.random);
  if (draft.hide_share !== before.hide_share) changes.hide_share = draft.hide_share;
  if (draft.overlap !== before.overlap) changes.overlap = draft.overlap;
  if (draft.skipped !== before.skipped) changes.skipped = draft.skipped;
  if (draft.budget !== before.budget) changes.budget = draft.budget === "" ? 0 : draft.budget;
  if (draft.target !== before.target) changes.target = draft.target === "" ? 0 : draft.target / 100;
  const described = (from: Record<string, string>) =>
    Object.fromEntries(Object.entries(from).filter(([, text]) => text.trim() !== ""));
  if (
    JSON.stringify(described(draft.class_descriptions)) !==
    JSON.stringify(described(before.class_descriptions))
  )
    changes.class_descriptions = described(draft.class_descriptions);
  return changes;
}
