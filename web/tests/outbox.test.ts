import { describe, expect, it, vi } from "vitest";
import { Connection } from "../src/state/connection";
import { type Entry, Outbox, pendingQuery } from "../src/state/outbox";
import { browserKeep, memoryKeep } from "../src/state/storage";
import { Away, Refused } from "../src/wire/client";
import { settle } from "./fakes";

const answer = (item: number, value = "cat") =>
  ({ kind: "answer", query: `q${item}`, item, value, seconds: 1 }) as const;

function outbox(send: (entry: Entry) => Promise<unknown>, keep = memoryKeep(), space = "c1") {
  const connection = new Connection(() => 0.5);
  return { keep, connection, box: new Outbox({ keep, connection, space, send }) };
}

const problem = { error: "AlreadyAnswered", message: "Told otherwise.", mend: "Correct it." };

describe("the outbox", () => {
  it("writes an entry down before anything is sent", () => {
    const keep = memoryKeep();
    const seen: number[] = [];
    const { box } = outbox(async () => seen.push(keep.keys("querist/outbox/").length), keep);
    box.put(answer(1), "me");
    expect(keep.keys("querist/outbox/c1/")).toHaveLength(1);
  });

  it("sends in order, and forgets only what was acknowledged", async () => {
    const sent: unknown[] = [];
    const { box, keep } = outbox(async ({ parcel }) => {
      if (parcel.kind === "answer") sent.push(parcel.item);
    });
    for (const item of [1, 2, 3, 4]) box.put(answer(item), "me");
    await settle(30);
    expect(sent).toEqual([1, 2, 3, 4]);
    expect(keep.keys("querist/outbox/")).toEqual([]);
  });

  it("keeps everything while the server is away, and tries again with growing pauses", async () => {
    vi.useFakeTimers();
    let up = false;
    const tries: number[] = [];
    const { box, connection } = outbox(async () => {
      tries.push(Date.now());
      if (!up) throw new Away("gone");
    });
    box.put(answer(1), "me");
    box.put(answer(2), "me");
    await vi.advanceTimersByTimeAsync(8000);
    expect(connection.away.get()?.attempts).toBe(4);
    const pauses = tries.slice(1).map((at, n) => at - (tries[n] ?? 0));
    expect(pauses).toEqual([1000, 2000, 4000]);
    expect(box.unsent()).toHaveLength(2);
    up = true;
    await vi.advanceTimersByTimeAsync(8000);
    expect(box.unsent()).toEqual([]);
    expect(connection.away.get()).toBeNull();
  });

  it("survives a reload in the middle of sending", async () => {
    const first = outbox(() => new Promise(() => undefined)); // a reply that never comes
    first.box.put(answer(1), "me");
    first.box.put(answer(2), "me");
    await settle();
    const sent: unknown[] = [];
    const second = outbox(
      async ({ parcel, by }) => sent.push([by, parcel.kind === "answer" && parcel.query]),
      first.keep,
    );
    expect(second.box.settledQueries()).toEqual(new Set(["q1", "q2"]));
    await second.box.pump();
    expect(sent).toEqual([
      ["me", "q1"],
      ["me", "q2"],
    ]);
  });

  it("leaves the entries of another campaign alone", async () => {
    const keep = memoryKeep();
    const other = outbox(() => Promise.reject(new Away("gone")), keep, "other");
    other.box.put(answer(9), "me");
    await settle();
    expect(outbox(async () => undefined, keep).box.unsent()).toEqual([]);
  });

  it("shows a refusal, goes on with the rest, and can send the mended entry", async () => {
    const sent: string[] = [];
    const { box } = outbox(async ({ parcel }) => {
      if (parcel.kind === "answer" && parcel.item === 1) throw new Refused(409, problem);
      sent.push(parcel.kind);
    });
    const refused: Entry[] = [];
    box.onRefused((entry) => refused.push(entry));
    const { id } = box.put(answer(1), "me");
    box.put(answer(2), "me");
    await settle(30);
    expect(refused[0]?.refused).toMatchObject({ status: 409, mend: "Correct it." });
    expect(sent).toEqual(["answer"]);
    expect(box.unsent()).toEqual([]);
    box.again(id, { kind: "correct", item: 1, value: "cat" });
    await settle(30);
    expect(sent).toEqual(["answer", "correct"]);
    expect(box.entries.get()).toEqual([]);
  });

  it("takes back what has not left yet, and nothing else", async () => {
    const { box } = outbox(() => new Promise(() => undefined));
    const going = box.put(answer(1), "me");
    const waiting = box.put(answer(2), "me");
    await settle();
    expect(box.withdraw(going.id)).toBe(false);
    expect(box.withdraw(waiting.id)).toBe(true);
    expect(box.unsent().map(({ id }) => id)).toEqual([going.id]);
  });

  it("gives an answer that waited for a reopened question its real query", () => {
    const { box } = outbox(() => new Promise(() => undefined));
    const retraction = box.put({ kind: "retract", item: 7 }, "me");
    box.put({ ...answer(7, "dog"), query: pendingQuery(retraction.id) }, "me");
    box.resolve(pendingQuery(retraction.id), "fresh");
    expect(box.entries.get()[1]?.parcel).toMatchObject({ kind: "answer", query: "fresh", value: "dog" });
  });

  it("makes a correction of it where no question was opened", () => {
    const { box } = outbox(() => new Promise(() => undefined));
    box.put({ ...answer(7, "dog"), query: "pending:x" }, "me");
    box.resolve("pending:x", null);
    expect(box.entries.get()[0]?.parcel).toEqual({ kind: "correct", item: 7, value: "dog" });
  });

  it("notices what another tab has delivered", async () => {
    let release = () => undefined as unknown;
    const sent: unknown[] = [];
    const { box, keep } = outbox(async ({ id }) => {
      sent.push(id);
      await new Promise((resolve) => {
        release = () => resolve(null);
      });
    });
    box.put(answer(1), "me");
    const second = box.put(answer(2), "me");
    await settle();
    keep.remove(`querist/outbox/c1/${second.id}`); // the other tab was faster
    release();
    await settle(30);
    expect(sent).toHaveLength(1);
    expect(box.unsent()).toEqual([]);
  });

  it("says so when the browser has no room, and still sends", async () => {
    const full = {
      length: 0,
      key: () => null,
      getItem: () => null,
      removeItem: () => undefined,
    } as unknown as Storage;
    full.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const sent: unknown[] = [];
    const { box } = outbox(async ({ id }) => sent.push(id), browserKeep(full));
    box.put(answer(1), "me");
    expect(box.storageFull.get()).toBe(true);
    await settle(20);
    expect(sent).toHaveLength(1);
  });
});
