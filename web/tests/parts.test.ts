import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { find } from "../src/state/find";
import { browserKeep, readJson } from "../src/state/storage";
import { blocksOf } from "../src/ui/Prose";
import { learnerInWords, leftInWords, qualityInWords, shownQuality, tellsSomething } from "../src/ui/words";
import { changesOf, draftOf } from "../src/views/settings/changes";
import { scheduleOf, shareOf } from "../src/views/settings/schedule";
import { campaign, progress } from "./fakes";

const quality = { estimate: 0.83, low: 0.71, high: 0.91, n: 40, confidence: 0.95 };

describe("finding by typing", () => {
  const names = ["Ukraine", "New Zealand", "Netherlands", "Indonesia", "Türkiye", "Papua New Guinea"];
  const found = (typed: string) => find(names, (name) => name, typed);

  it("puts beginnings first, then beginnings of words, then the rest", () => {
    expect(found("ne")).toEqual(["New Zealand", "Netherlands", "Papua New Guinea", "Ukraine", "Indonesia"]);
  });

  it("does not mind accents and case", () => {
    expect(found("TURK")).toEqual(["Türkiye"]);
  });

  it("finds all for nothing and nothing for nonsense", () => {
    expect(found(" ")).toEqual(names);
    expect(found("qq")).toEqual([]);
  });
});

describe("guidelines", () => {
  it("are headings, lists and paragraphs", () => {
    expect(blocksOf("# Title\none\ntwo\n\n- a\n- b\n  more\n\n1. x\nlast")).toEqual([
      { kind: "heading", level: 1, text: "Title" },
      { kind: "paragraph", text: "one\ntwo" },
      { kind: "list", ordered: false, items: ["a", "b more"] },
      { kind: "list", ordered: true, items: ["x last"] },
    ]);
  });

  it("of nothing are nothing", () => {
    expect(blocksOf("\n \n")).toEqual([]);
  });
});

describe("words", () => {
  it("say the quality with its interval", () => {
    const said = qualityInWords(quality);
    for (const part of ["83 %", "71 %", "91 %", "40 random questions", "95 %"]) expect(said).toContain(part);
    expect(qualityInWords(null)).toContain("random questions");
    expect(tellsSomething(quality)).toBe(true);
    const early = { ...quality, estimate: 1, low: 0.02, high: 1, n: 1 };
    expect(tellsSomething(early)).toBe(false);
    expect(qualityInWords(early)).toContain("only 1 random question answered");
    expect(qualityInWords(early)).not.toContain("100 %");
  });

  it("show the model of now once its interval holds", () => {
    const now = { ...quality, estimate: 0.9 };
    expect(shownQuality(progress({ quality }))).toBe(quality);
    expect(shownQuality(progress({ quality, now }))).toBe(now);
    expect(shownQuality(progress())).toBeNull();
  });

  it("say how much is left", () => {
    expect(leftInWords(progress())).toBe("No target is set.");
    expect(leftInWords(progress({ budget: 40, left: 12, seconds_left: 120 }))).toBe(
      "12 answers are left of the budget, some 2 min at your pace.",
    );
    expect(leftInWords(progress({ budget: 40, left: 0, seconds_left: 0 }))).toBe("The budget is spent.");
    expect(leftInWords(progress({ target: 0.7, quality }))).toContain("is reached");
    expect(leftInWords(progress({ target: 0.9, quality, left: 60, seconds_left: 240 }))).toBe(
      "About 60 more labels to the target of 90 %, some 4 min at your pace.",
    );
    expect(leftInWords(progress({ target: 0.9 }))).toContain("cannot be told yet");
  });

  it("say what the learner does", () => {
    const learner = { fraction: null, note: "", version: "m1", labels: 1 };
    expect(learnerInWords({ ...learner, phase: "idle" })).toBe("learned from 1 label");
    expect(learnerInWords({ ...learner, phase: "encoding", fraction: 0.4 })).toBe("reading your items… 40 %");
  });
});

describe("settings", () => {
  const { settings } = campaign();

  it("reads and writes how the random share falls", () => {
    for (const share of [0.1, 0, "0.5->0.05/200", "0.5/sqrt", "0.5/sqrt->0.05"])
      expect(shareOf(scheduleOf(share))).toBe(share);
    expect(scheduleOf(" .5 -> 0.1 / 30 ")).toEqual({ falls: "line", first: 0.5, least: 0.1, over: 30 });
    expect(shareOf({ falls: "line", first: 0.1, least: 0.4, over: 0 })).toBe("0.1->0.1/1");
    const draft = draftOf(settings);
    expect(changesOf({ ...draft, random: { ...draft.random, falls: "root", least: 0 } }, settings)).toEqual({
      random_share: "0.1/sqrt",
    });
  });

  it("send only what was changed", () => {
    const draft = draftOf(settings);
    expect(changesOf(draft, settings)).toEqual({});
    expect(changesOf({ ...draft, title: "Pets", target: 92.5 }, settings)).toEqual({
      title: "Pets",
      target: 0.925,
    });
  });

  it("take a goal away with 0", () => {
    const before = { ...settings, budget: 100, target: 0.9 };
    const draft = { ...draftOf(before), budget: "" as const, target: "" as const };
    expect(changesOf(draft, before)).toEqual({ budget: 0, target: 0 });
  });

  it("count an empty description as none", () => {
    const draft = { ...draftOf(settings), class_descriptions: { cat: " " } };
    expect(changesOf(draft, settings)).toEqual({});
    expect(changesOf({ ...draft, class_descriptions: { cat: "meows" } }, settings)).toEqual({
      class_descriptions: { cat: "meows" },
    });
  });
});

describe("the browser's storage", () => {
  it("falls back to memory where it is forbidden", () => {
    const forbidden = new Proxy({} as Storage, {
      get: () => {
        throw new DOMException("no", "SecurityError");
      },
    });
    const keep = browserKeep(forbidden);
    expect(keep.set("a", "1")).toBe(false);
    expect(keep.get("a")).toBe("1");
  });

  it("reads what is broken as nothing", () => {
    const keep = browserKeep();
    keep.set("x", "{half");
    expect(readJson(keep, "x")).toBeNull();
    expect(readJson(keep, "absent")).toBeNull();
  });
});

const SOURCE = join(process.cwd(), "src");

function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesOf(path) : [path];
  });
}

describe("the house", () => {
  const floors: Record<string, number> = {
    wire: 0,
    state: 1,
    actions: 2,
    theme: 2,
    ui: 3,
    kinds: 4,
    views: 5,
  };

  it("imports only from floors below", () => {
    const wrong: string[] = [];
    for (const path of filesOf(SOURCE).filter((file) => /\.tsx?$/.test(file))) {
      const own = relative(SOURCE, path).split("/");
      if (own.length < 2) continue; // main.tsx stands on the roof
      for (const [, target] of readFileSync(path, "utf8").matchAll(/from "(\.[^"]*)"/g)) {
        const room = relative(SOURCE, join(path, "..", target ?? "")).split("/")[0] ?? "";
        if (room !== own[0] && (floors[room] ?? 9) >= (floors[own[0] ?? ""] ?? -1))
          wrong.push(`${own.join("/")} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("has the tokens that DESIGN.md tells of, with the same values", () => {
    const css = readFileSync(join(SOURCE, "theme/tokens.css"), "utf8");
    const [light = "", dark = ""] = [css.split('"dark"]')[0], css.split('"dark"]')[1]];
    const value = (text: string, name: string) => new RegExp(`${name}:\\s*([^;]+);`).exec(text)?.[1]?.trim();
    const rows = [
      ...readFileSync("DESIGN.md", "utf8").matchAll(/^\| `(--[\w-]+)` *\| `([^`]+)` *\| `([^`]+)` *\|/gm),
    ];
    expect(rows.length).toBeGreaterThan(15);
    for (const [, name = "", inLight, inDark] of rows) {
      expect([name, value(light, name)]).toEqual([name, inLight]);
      expect([name, value(dark, name)]).toEqual([name, inDark]);
    }
  });

  it("uses no colour that is not a token", () => {
    const wrong = filesOf(SOURCE)
      .filter((file) => file.endsWith(".module.css"))
      .filter((file) => /#[0-9a-f]{3,8}\b/i.test(readFileSync(file, "utf8")));
    expect(wrong).toEqual([]);
  });

  it("keeps files short", () => {
    const long = filesOf(SOURCE)
      .filter((file) => !file.endsWith("api.d.ts"))
      .filter((file) => readFileSync(file, "utf8").split("\n").length > 420);
    expect(long).toEqual([]);
  });

  it("names no address of a registry in its lock file", () => {
    expect(readFileSync("package-lock.json", "utf8")).not.toMatch(/"resolved"|https?:\/\/[^"]*registry/);
  });
});
