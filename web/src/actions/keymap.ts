import type { Action } from "./action";

export interface Stroke {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** More classes than this are found by typing; single letters then belong to the filter. */
export const TYPE_TO_FILTER = 15;

const NAMED: Record<string, string> = {
  " ": "space",
  Escape: "esc",
  Delete: "delete",
  Backspace: "backspace",
};

/**
 * Every way a stroke can be written. Digits go by their place on the keyboard, so that shift and layouts that
 * put signs there do not matter; so do letters with alt, which some systems turn into signs.
 */
export function chordsOf(stroke: Stroke): string[] {
  const ctrl = stroke.ctrlKey || stroke.metaKey ? "ctrl+" : "";
  const alt = stroke.altKey ? "alt+" : "";
  const shift = stroke.shiftKey ? "shift+" : "";
  const chords: string[] = [];
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(stroke.code)?.[1];
  if (digit !== undefined) chords.push(`${ctrl}${alt}${shift}${digit}`);
  const letter = /^Key([A-Z])$/.exec(stroke.code)?.[1];
  if (alt && letter) chords.push(`${ctrl}${alt}${shift}${letter.toLowerCase()}`);
  const key = NAMED[stroke.key] ?? stroke.key.toLowerCase();
  chords.push(`${ctrl}${alt}${shift}${key}`);
  const sign = key.length === 1 && !/[a-z0-9]/.test(key);
  if (sign && shift) chords.push(`${ctrl}${alt}${key}`); // a sign that needs shift is written without it
  return chords;
}

/** The keys of an action; where typing filters classes, a letter needs alt. */
export function keysOf(action: Pick<Action, "keys">, typing: boolean): string[] {
  if (!typing) return [...action.keys];
  return action.keys.flatMap((key) => {
    if (key.includes(" ") && key !== " ") return [];
    return [/^[a-z]$/.test(key) ? `alt+${key}` : key];
  });
}

/** Finds the action for a stroke, and remembers the first half of a sequence such as `g p`. */
export class Keymap {
  private prefix: { chord: string; at: number } | null = null;

  constructor(private readonly clock: () => number = Date.now) {}

  match(stroke: Stroke, actions: readonly Action[], typing: boolean): Action | "prefix" | null {
    const chords = chordsOf(stroke);
    const prefix = this.prefix && this.clock() - this.prefix.at < 1500 ? this.prefix.chord : null;
    this.prefix = null;
    if (prefix !== null)
      for (const chord of chords) {
        const found = actions.find((action) => keysOf(action, typing).includes(`${prefix} ${chord}`));
        if (found) return found;
      }
    const found = actions.find((action) => keysOf(action, typing).some((key) => chords.includes(key)));
    if (found) return found;
    const first = chords.find((chord) =>
      actions.some((action) => keysOf(action, typing).some((key) => key.startsWith(`${chord} `))),
    );
    if (first === undefined) return null;
    this.prefix = { chord: first, at: this.clock() };
    return "prefix";
  }
}

const FACES: Record<string, string> = {
  ctrl: "Ctrl",
  alt: "Alt",
  shift: "⇧",
  space: "Space",
  enter: "↵",
  backspace: "⌫",
  delete: "Del",
  esc: "Esc",
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
};

const SPOKEN: Record<string, string> = {
  ctrl: "control",
  shift: "shift",
  enter: "enter",
  arrowleft: "left arrow",
  arrowright: "right arrow",
};

export function onMac(): boolean {
  return typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform ?? "");
}

/** The caps to draw for a key: `ctrl+z` is two. */
export function capsOf(key: string, mac = onMac()): string[] {
  return key.split(/[+ ]/).map((part) => {
    if (mac && part === "ctrl") return "⌘";
    if (mac && part === "alt") return "⌥";
    return FACES[part] ?? part.toUpperCase();
  });
}

export function spoken(key: string): string {
  return key
    .split(/[+ ]/)
    .map((part) => SPOKEN[part] ?? part)
    .join(" ");
}
