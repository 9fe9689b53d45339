import { describe, expect, it } from "vitest";
import { Connection } from "../src/state/connection";
import { Desk, unnamedHere } from "../src/state/desk";
import { campaign, FakeServer, settle, table } from "./fakes";

async function opened(...args: Parameters<typeof table>) {
  const made = table(...args);
  await made.desk.session.start();
  await settle();
  return made;
}

describe("a session", () => {
  it("holds three questions and shows the first", async () => {
    const { desk } = await opened();
    expect(desk.session.state.get().queue.map(({ item }) => item)).toEqual([0, 1, 2]);
    expect(desk.session.current?.item).toBe(0);
  });

  it("shows the next at once, and stores every answer once, in order", async () => {
    const { desk, server } = await opened();
    for (const value of ["cat", "dog", "cat"]) desk.session.answer(value);
    await settle(80);
    expect(server.told.map(({ item, value }) => [item, value])).toEqual([
      [0, "cat"],
      [1, "dog"],
      [2, "cat"],
    ]);
    expect(desk.session.current?.item).toBe(3);
  });

  it("never shows a question again that was answered here", async () => {
    const { desk, server } = await opened();
    const seen: unknown[] = [];
    for (let n = 0; n < 20; n += 1) {
      seen.push(desk.session.current?.item);
      desk.session.answer("cat");
      if (n % 3 === 0) await desk.session.refill();
      await settle(n % 5 === 0 ? 1 : 60);
      if (!desk.session.current) await settle(120);
    }
    expect(new Set(seen).size).toBe(20);
    expect(server.labels.size).toBe(20);
    expect(desk.session.state.get().done).toBe("Every item has its label.");
  });

  it("gives the open questions back when somebody else sits down", async () => {
    const { desk, server } = await opened({ server: new FakeServer(3) });
    desk.session.answer("cat");
    await settle(40);
    desk.rename("ada");
    await settle(80);
    expect(desk.session.state.get().queue.map(({ item }) => item)).toEqual([1, 2]);
    for (const value of ["dog", "dog"]) desk.session.answer(value);
    await settle(80);
    expect(server.told.map(({ by }) => by)).toEqual(["me", "ada", "ada"]);
  });

  it("goes on with the prefetched questions while the server is away", async () => {
    const { desk, server } = await opened();
    server.up = false;
    for (const value of ["cat", "dog", "cat"]) desk.session.answer(value);
    await settle(40);
    expect(desk.session.current).toBeNull();
    expect(desk.session.state.get().done).toBeNull();
    expect(desk.outbox.unsent()).toHaveLength(3);
    server.up = true;
    desk.connection.wake();
    await settle(120);
    expect(server.labels.size).toBe(3);
    expect(desk.session.current?.item).toBe(3);
  });

  it("survives a reload with unsent answers", async () => {
    const first = await opened();
    first.server.up = false;
    first.desk.session.answer("cat");
    first.desk.session.answer("dog");
    await settle(40);
    first.server.up = true;
    const second = await opened({ server: first.server, keep: first.keep });
    await settle(80);
    expect(first.server.labels).toEqual(
      new Map([
        [0, "cat"],
        [1, "dog"],
      ]),
    );
    expect(second.desk.session.current?.item).toBe(2);
    expect(second.desk.session.state.get().past).toHaveLength(2);
  });

  it("counts an answer once whose reply was lost", async () => {
    const { desk, server } = await opened();
    server.deaf = true;
    desk.session.answer("cat");
    await settle(40);
    server.deaf = false;
    desk.connection.wake();
    await settle(80);
    expect(server.told).toHaveLength(1);
    expect(desk.outbox.entries.get()).toEqual([]);
  });
});

describe("who gives no name", () => {
  it("is called by the server once, and the same after a reload", async () => {
    const { server, keep } = table();
    await server.newcomer("me"); // somebody is there already
    for (let visit = 0; visit < 2; visit += 1)
      expect(await unnamedHere(server, keep, campaign())).toBe("me 2");
    const desk = new Desk({
      wire: server,
      keep,
      connection: new Connection(),
      campaign: campaign(),
      unnamed: "me 2",
    });
    await desk.session.start();
    desk.session.answer("cat");
    await settle(60);
    expect(server.told).toMatchObject([{ verb: "answer", by: "me 2" }]);
    desk.rename("ann");
    expect(desk.by).toBe("ann");
  });
});

describe("undo", () => {
  it("takes an unsent answer out of the outbox", async () => {
    const { desk, server } = await opened();
    server.up = false;
    desk.session.answer("cat");
    desk.session.answer("dog");
    await settle();
    desk.session.undo(); // the second one has not left
    expect(desk.outbox.unsent()).toHaveLength(1);
    expect(desk.session.current).toMatchObject({ item: 1, previous: "dog", query: "q-1" });
  });

  it("retracts a sent answer, across items, and takes the new answer", async () => {
    const { desk, server } = await opened();
    desk.session.answer("cat");
    desk.session.answer("dog");
    await settle(80);
    desk.session.undo();
    desk.session.undo();
    expect(desk.session.current).toMatchObject({ item: 0, previous: "cat" });
    desk.session.answer("dog"); // faster than the reply
    await settle(120);
    expect(server.labels.get(0)).toBe("dog");
    expect(server.labels.has(1)).toBe(false);
    expect(desk.session.current?.item).toBe(1);
    expect(server.told.map(({ verb }) => verb)).toEqual(["answer", "answer", "retract", "retract", "answer"]);
  });

  it("undoes a skip", async () => {
    const { desk, server } = await opened();
    desk.session.skip("unclear");
    await settle(60);
    desk.session.undo();
    await settle(60);
    expect(desk.session.current).toMatchObject({ item: 0 });
    desk.session.answer("cat");
    await settle(60);
    expect(server.labels.get(0)).toBe("cat");
  });

  it("of a skip gives up what lies behind where the server did", async () => {
    const { desk, server } = await opened();
    desk.session.skip();
    await settle(60);
    const taken = server.retract;
    server.retract = async (by, item) => {
      await server.release(by, ["q-3"]);
      return taken(by, item);
    };
    Object.assign(server, { size: 0 }); // nothing more is asked: the budget is full
    desk.session.undo();
    await settle(80);
    expect(desk.session.state.get().queue.map(({ item }) => item)).toEqual([0, 1, 2]);
  });

  it("can be undone", async () => {
    const { desk, server } = await opened();
    desk.session.answer("cat");
    await settle(60);
    desk.session.undo();
    await settle(60);
    desk.session.redo();
    await settle(60);
    expect(server.labels.get(0)).toBe("cat");
    expect(desk.session.state.get().undone).toEqual([]);
    expect(desk.session.current?.item).toBe(1);
  });

  it("still works after a reload", async () => {
    const first = await opened();
    first.desk.session.answer("cat");
    await settle(60);
    const second = await opened({ server: first.server, keep: first.keep });
    second.desk.session.undo();
    second.desk.session.answer("dog");
    await settle(100);
    expect(first.server.labels.get(0)).toBe("dog");
  });

  it("of nothing does nothing", async () => {
    const { desk, server } = await opened();
    desk.session.undo();
    desk.session.redo();
    await settle();
    expect(server.told).toEqual([]);
    expect(desk.session.current?.item).toBe(0);
  });
});

describe("the history", () => {
  it("is walked with previous and next, and corrects in place", async () => {
    const { desk, server } = await opened();
    for (const value of ["cat", "dog"]) desk.session.answer(value);
    await settle(60);
    desk.session.previous();
    desk.session.previous();
    expect(desk.session.looked).toMatchObject({ value: "cat" });
    desk.session.previous(); // there is nothing before
    expect(desk.session.current?.item).toBe(0);
    desk.session.answer("dog");
    await settle(60);
    expect(server.told.at(-1)).toMatchObject({ verb: "correct", item: 0, value: "dog" });
    expect(desk.session.looked).toBeNull();
    expect(desk.session.current?.item).toBe(2);
    desk.session.undo(); // of the correction
    await settle(60);
    expect(server.labels.get(0)).toBe("cat");
  });

  it("goes forward to the open question, and leaves at once", async () => {
    const { desk } = await opened();
    for (const value of ["cat", "dog", "cat"]) desk.session.answer(value);
    await settle(80);
    for (let n = 0; n < 3; n += 1) desk.session.previous();
    desk.session.next();
    expect(desk.session.current?.item).toBe(1);
    desk.session.leave();
    expect(desk.session.current?.item).toBe(3);
  });

  it("saying the same again is no correction", async () => {
    const { desk, server } = await opened();
    desk.session.answer("cat");
    await settle(60);
    desk.session.previous();
    desk.session.answer("cat");
    await settle(60);
    expect(server.told).toHaveLength(1);
  });
});

describe("the desk", () => {
  it("flags with a comment and shows it", async () => {
    const { desk, server } = await opened();
    desk.session.flag(0, true, "odd");
    await settle(40);
    expect(server.flags.get(0)).toBe("odd");
    expect(desk.session.current).toMatchObject({ flagged: true, comment: "odd" });
  });

  it("adds a class before the answer that uses it", async () => {
    const { desk, server } = await opened();
    desk.addClass("bird");
    desk.addClass("bird");
    desk.session.answer("bird");
    await settle(80);
    expect(server.told.map(({ verb }) => verb)).toEqual(["class", "answer"]);
    expect(desk.outbox.entries.get()).toEqual([]);
  });

  it("asks anew under another name", async () => {
    const { desk } = await opened();
    desk.rename("  Zoë ");
    await settle(80);
    expect(desk.by).toBe("Zoë");
    expect(desk.session.state.get().queue.map(({ item }) => item)).toEqual([0, 1, 2]);
  });

  it("offers to correct what was answered otherwise", async () => {
    const server = new FakeServer();
    const { desk } = await opened({ server });
    await server.answer("me", { query: "q-0", value: "dog" }); // another window
    desk.session.answer("cat");
    await settle(60);
    const notice = desk.notices.shown.get()[0];
    expect(notice).toMatchObject({ text: "Already dog.", detail: "Correct it.", sticky: true });
    notice?.choices[0]?.perform();
    await settle(60);
    expect(server.labels.get(0)).toBe("cat");
  });

  it("shows after a reload what was refused before it", async () => {
    const first = await opened();
    await first.server.answer("me", { query: "q-0", value: "dog" });
    first.desk.session.answer("cat");
    await settle(60);
    const second = await opened({ server: first.server, keep: first.keep });
    expect(second.desk.notices.shown.get().map(({ text }) => text)).toEqual(["Already dog."]);
    second.desk.notices.shown.get()[0]?.choices[1]?.perform(); // keep the stored answer
    expect(second.desk.outbox.entries.get()).toEqual([]);
  });

  it("says that training failed, once", async () => {
    const { desk } = await opened();
    const now = desk.progress.get();
    const learner = { ...now.learner, phase: "failed", note: "Out of memory." } as const;
    desk.heard({ ...now, head: 9, learner });
    desk.heard({ ...now, head: 10, learner });
    expect(desk.notices.shown.get().map(({ detail }) => detail)).toEqual(["Out of memory."]);
  });

  it("drops what is gone behind the question on the screen", async () => {
    const { desk, server } = await opened();
    const old = desk.session.state.get();
    desk.session.state.set({ ...old, queue: old.queue.map((held) => ({ ...held, until: 5 })) });
    await server.answer("other", { query: "q-1", value: "dog" });
    desk.session.refreshExpired(10);
    await settle(40);
    expect(desk.session.state.get().queue.map(({ item }) => item)).toEqual([0, 2, 3]);
  });

  it("does not ask what another tab has just answered", async () => {
    const { desk } = await opened();
    const parcel = { kind: "answer", query: "q-0", item: 0, value: "cat", seconds: null };
    const entry = { id: "x", at: 0, by: "me", parcel, tried: false, refused: null };
    desk.otherTab("querist/outbox/c1/x", JSON.stringify(entry));
    expect(desk.session.current?.item).toBe(1);
  });

  it("tells when the model has learned, and ignores news that is older", async () => {
    const { desk } = await opened();
    const before = desk.progress.get();
    const learner = { ...before.learner, phase: "idle", version: "m1", labels: 8 } as const;
    desk.heard({ ...before, head: 50, learner });
    expect(desk.learned.get()).toMatchObject({ version: "m1", labels: 8 });
    desk.heard({ ...before, head: 40, labelled: 3 });
    expect(desk.progress.get().head).toBe(50);
  });
});
