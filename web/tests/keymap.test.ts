import { describe, expect, it } from "vitest";
import { type Action, actionsFor, capsOf, chordsOf, Keymap, keysOf, type Stroke } from "../src/actions";
import { freeKey } from "../src/state/desk";
import { campaign, classesOf, table } from "./fakes";

function stroke(key: string, code = "", held: Partial<Stroke> = {}): Stroke {
  return { key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held };
}

const find = (pressed: Stroke, actions: readonly Action[], typing = false) => {
  const found = new Keymap().match(pressed, actions, typing);
  return found === null || found === "prefix" ? found : found.id;
};

describe("chords", () => {
  it.each([
    [stroke("1", "Digit1"), "1"],
    [stroke("!", "Digit1", { shiftKey: true }), "shift+1"],
    [stroke("&", "Digit1"), "1"], // a French keyboard
    [stroke("7", "Numpad7"), "7"],
    [stroke(" ", "Space"), "space"],
    [stroke(" ", "Space", { shiftKey: true }), "shift+space"],
    [stroke("z", "KeyZ", { ctrlKey: true }), "ctrl+z"],
    [stroke("z", "KeyZ", { metaKey: true }), "ctrl+z"],
    [stroke("Z", "KeyZ", { ctrlKey: true, shiftKey: true }), "ctrl+shift+z"],
    [stroke("ƒ", "KeyF", { altKey: true }), "alt+f"], // a Mac
    [stroke("?", "Slash", { shiftKey: true }), "?"],
    [stroke("ArrowLeft", "ArrowLeft", { ctrlKey: true }), "ctrl+arrowleft"],
  ])("%o is %s", (pressed, chord) => {
    expect(chordsOf(pressed)).toContain(chord);
  });

  it("are drawn as the keyboard has them", () => {
    expect(capsOf("ctrl+shift+z", false)).toEqual(["Ctrl", "⇧", "Z"]);
    expect(capsOf("ctrl+z", true)).toEqual(["⌘", "Z"]);
    expect(capsOf("g p")).toEqual(["G", "P"]);
  });
});

describe("the keymap", () => {
  const few = actionsFor(table().desk);

  it.each([
    ["1", "Digit1", {}, "choose:cat"],
    ["2", "Digit2", {}, "choose:dog"],
    ["Enter", "Enter", {}, "accept"],
    ["a", "KeyA", {}, "accept"],
    [" ", "Space", {}, "skip"],
    [" ", "Space", { shiftKey: true }, "skip-because"],
    ["z", "KeyZ", { ctrlKey: true }, "undo"],
    ["Backspace", "Backspace", {}, "undo"],
    ["Z", "KeyZ", { ctrlKey: true, shiftKey: true }, "redo"],
    ["ArrowLeft", "ArrowLeft", {}, "previous"],
    ["f", "KeyF", {}, "flag"],
    ["h", "KeyH", {}, "guidelines"],
    ["?", "Slash", { shiftKey: true }, "help"],
    ["k", "KeyK", { ctrlKey: true }, "palette"],
    ["n", "KeyN", {}, "new-class"],
    ["w", "KeyW", {}, "why"],
    ["f", "KeyF", { ctrlKey: true }, null], // the browser's own
    ["x", "KeyX", {}, null],
  ])("%s (%s, %o) is %s", (key, code, held, id) => {
    expect(find(stroke(key, code, held), few)).toBe(id);
  });

  it("knows sequences, and forgets their first half in time", () => {
    let now = 0;
    const keymap = new Keymap(() => now);
    expect(keymap.match(stroke("g", "KeyG"), few, false)).toBe("prefix");
    expect(keymap.match(stroke("p", "KeyP"), few, false)).toMatchObject({ id: "go-progress" });
    keymap.match(stroke("g", "KeyG"), few, false);
    now += 5000;
    expect(keymap.match(stroke("p", "KeyP"), few, false)).toBeNull();
  });

  it("leaves letters to the filter where classes are many", () => {
    const names = Array.from({ length: 30 }, (_, at) => `class ${at}`);
    const many = actionsFor(table({ view: campaign(names) }).desk);
    expect(find(stroke("f", "KeyF"), many, true)).toBeNull();
    expect(find(stroke("g", "KeyG"), many, true)).toBeNull();
    expect(find(stroke("f", "KeyF", { altKey: true }), many, true)).toBe("flag");
    expect(find(stroke("/", "Slash"), many, true)).toBe("filter");
    expect(find(stroke("3", "Digit3"), many, true)).toBe("choose:class 2");
  });

  it("gives no key to two actions at once", () => {
    for (const kind of ["text", "image"] as const)
      for (const typing of [false, true]) {
        const { desk } = table({ view: campaign(["a", "b"], { kind }) });
        const keys = actionsFor(desk).flatMap((action) => keysOf(action, typing));
        expect(keys).toEqual([...new Set(keys)]);
      }
  });

  it("offers images' keys to images only", () => {
    const ids = (kind: "text" | "image") =>
      actionsFor(table({ view: campaign([], { kind }) }).desk).map(({ id }) => id);
    expect(ids("image")).toContain("zoom");
    expect(ids("text")).not.toContain("zoom");
  });
});

describe("a new class", () => {
  it("gets the next digit, then digits with shift, then none", () => {
    expect(freeKey([])).toBe("1");
    expect(freeKey(classesOf("a", "b"))).toBe("3");
    expect(freeKey(classesOf(..."abcdefghi"))).toBe("0");
    const twenty = Array.from({ length: 20 }, (_, at) => ({
      ...(classesOf("x")[0] as ReturnType<typeof classesOf>[0]),
      key: at < 10 ? String((at + 1) % 10) : `shift+${(at + 1) % 10}`,
    }));
    expect(freeKey(twenty.slice(0, 10))).toBe("shift+1");
    expect(freeKey(twenty)).toBeNull();
  });
});
