import type { Desk } from "../state/desk";
import type { Action } from "./action";
import { TYPE_TO_FILTER } from "./keymap";

const hasImages = (desk: Desk) => desk.campaign.get().kind === "image";
const showsImage = (desk: Desk) => desk.session.current?.content.kind === "image";

export const why: Action = {
  id: "why",
  title: "Why this item",
  group: "Look closer",
  icon: "why",
  keys: ["w"],
  labelling: true,
  enabled: (desk) => desk.session.current !== null,
  perform: (desk) => desk.face.why.update((open) => !open),
};

export const ZOOMS = [1, 2, 4] as const;

export const zoom: Action = {
  id: "zoom",
  title: "Zoom the image",
  group: "Look closer",
  icon: "zoom",
  keys: ["z"],
  labelling: true,
  offered: hasImages,
  enabled: showsImage,
  perform: (desk) => desk.face.zoom.update((now) => ZOOMS.find((step) => step > now + 0.01) ?? 1),
};

const turn = (by: number) => (desk: Desk) =>
  desk.face.light.update((light) => ({
    ...light,
    brightness: Math.min(300, Math.max(20, light.brightness + by)),
  }));

export const brighter: Action = {
  id: "brighter",
  title: "Brighter image",
  group: "Look closer",
  icon: "bright",
  keys: ["]"],
  labelling: true,
  offered: hasImages,
  enabled: showsImage,
  perform: turn(20),
};

export const darker: Action = {
  id: "darker",
  title: "Darker image",
  group: "Look closer",
  icon: "bright",
  keys: ["["],
  labelling: true,
  offered: hasImages,
  enabled: showsImage,
  perform: turn(-20),
};

const hasMany = (desk: Desk) => desk.campaign.get().classes.length > TYPE_TO_FILTER;

export const filter: Action = {
  id: "filter",
  title: "Find a class by typing",
  group: "Look closer",
  icon: "search",
  keys: ["/"],
  labelling: true,
  offered: hasMany,
  enabled: hasMany,
  perform: (desk) => desk.face.filtering.update((n) => n + 1),
};

export const guidelines: Action = {
  id: "guidelines",
  title: "Guidelines",
  group: "Look closer",
  icon: "guidelines",
  keys: ["h"],
  enabled: () => true,
  perform: (desk) => desk.face.open("guidelines"),
};
