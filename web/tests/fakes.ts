import { Connection } from "../src/state/connection";
import { Desk } from "../src/state/desk";
import { Face } from "../src/state/face";
import { type Keep, memoryKeep } from "../src/state/storage";
import { Store } from "../src/state/store";
import { Away, Refused, type Wire } from "../src/wire/client";
import type { CampaignView, ClassView, Item, Learner, Progress, Question } from "../src/wire/types";

/** Lets everything that is waiting happen. */
export async function settle(times = 12): Promise<void> {
  for (let n = 0; n < times; n += 1) await Promise.resolve();
}

export function learner(changes: Partial<Learner> = {}): Learner {
  return { phase: "waiting", fraction: null, note: "", version: null, labels: 0, ...changes };
}

export function progress(changes: Partial<Progress> = {}): Progress {
  return {
    items: 20,
    labelled: 0,
    mine: 0,
    today: 0,
    skipped: 0,
    flagged: 0,
    spent: 0,
    budget: null,
    target: null,
    left: null,
    seconds_left: null,
    quality: null,
    now: null,
    learner: learner(),
    background: null,
    verdict: { stop: false, progress: 0, reason: "Too few answers yet." },
    head: 1,
    frame: 0,
    ...changes,
  };
}

export function classesOf(...names: string[]): ClassView[] {
  return names.map((name, at) => ({ name, key: at < 9 ? String(at + 1) : null, count: 0, description: "" }));
}

export function campaign(
  names: string[] = ["cat", "dog"],
  changes: Partial<CampaignView> = {},
): CampaignView {
  return {
    id: "c1",
    title: "Animals",
    kind: "text",
    classes: classesOf(...names),
    settings: {
      title: "Animals",
      guidelines: "",
      strategy: "default",
      random_share: 0.1,
      random_now: 0.1,
      hide_share: 0.1,
      overlap: 1,
      lease: 900,
      budget: null,
      target: null,
      skipped: "out",
      open_classes: true,
      class_descriptions: {},
    },
    progress: progress(),
    skip_causes: ["unclear", "broken"],
    version: "0",
    ...changes,
  };
}

export function question(item: Item, query = `q-${item}`, changes: Partial<Question> = {}): Question {
  return {
    query,
    item,
    content: { kind: "text", text: `the text of ${item}`, url: null, fields: [], meta: [] },
    why: {
      arm: "active",
      text: "unsure",
      strategy: "",
      score: null,
      rank: 1,
      probability: null,
      model: null,
      quick: false,
    },
    suggestion: null,
    made: false,
    hidden: false,
    until: null,
    previous: null,
    flagged: false,
    comment: "",
    ...changes,
  };
}

interface Told {
  verb: string;
  by: string;
  item: Item;
  value: string | null;
}

/** A server in memory that keeps the wire's promises, and can be switched off. */
export class FakeServer implements Wire {
  up = true;
  /** Replies are lost although the change was stored: the worst case of a broken line. */
  deaf = false;
  readonly told: Told[] = [];
  readonly labels = new Map<Item, string>();
  readonly flags = new Map<Item, string>();
  readonly classes = new Set<string>();
  private readonly open = new Map<string, Question & { by: string; value: string | null; state: string }>();
  private head = 1;
  private again = 0;

  constructor(
    readonly size = 20,
    private readonly suggest: (item: number) => string | null = () => null,
    private readonly changes: Partial<Question> = {},
  ) {}

  private check<T>(reply: () => T): Promise<T> {
    return Promise.resolve().then(() => {
      if (!this.up) throw new Away("The server cannot be reached.");
      const made = reply();
      if (this.deaf) throw new Away("The line was cut.");
      return made;
    });
  }

  private done() {
    this.head += 1;
    return {
      head: this.head,
      progress: progress({ head: this.head, labelled: this.labels.size, items: this.size }),
    };
  }

  private held(query: string) {
    const found = this.open.get(query);
    if (!found)
      throw new Refused(404, { error: "UnknownQuery", message: `No query ${query}.`, mend: "Reload." });
    return found;
  }

  private ask(item: Item, by: string, previous: string | null = null): Question {
    this.again += previous === null ? 0 : 1;
    const value = this.suggest(Number(item));
    const suggestion = value === null ? null : { value, proba: 0.8, runners_up: [] as [string, number][] };
    const query = previous === null ? `q-${item}` : `q-${item}-again${this.again}`;
    const asked = question(item, query, { previous, suggestion, ...this.changes });
    this.open.set(query, { ...asked, by, value: null, state: "open" });
    return asked;
  }

  campaign = () => this.check(() => campaign());
  progress = () => this.check(() => this.done().progress);
  dashboard = () => this.check(() => ({ classes: [], annotators: [] }) as never);
  answers = () => this.check(() => ({ answers: [], total: 0 }));
  item = (_: string, item: Item) => this.check(() => question(item).content);

  private unnamed = 0;
  newcomer = (_: string) =>
    this.check(() => {
      this.unnamed += 1;
      return { name: this.unnamed === 1 ? "me" : `me ${this.unnamed}` };
    });

  next = (by: string, n: number) =>
    this.check(() => {
      const mine = [...this.open.values()].filter((query) => query.by === by && query.state === "open");
      for (let item = 0; item < this.size && mine.length < n; item += 1)
        if (![...this.open.values()].some((query) => query.item === item))
          mine.push({ ...this.ask(item, by), by, value: null, state: "open" });
      const questions = mine.map(({ by: _by, value: _value, state: _state, ...asked }) => asked);
      return { questions, done: questions.length < n ? "Every item has its label." : null };
    });

  answer = (by: string, { query, value }: { query: string; value: string }) =>
    this.check(() => {
      const held = this.held(query);
      if (held.state === "answered" && held.value !== value)
        throw new Refused(409, {
          error: "AlreadyAnswered",
          message: `Already ${held.value}.`,
          mend: "Correct it.",
        });
      if (held.state !== "answered") this.told.push({ verb: "answer", by, item: held.item, value });
      Object.assign(held, { state: "answered", value });
      this.labels.set(held.item, value);
      return this.done();
    });

  skip = (by: string, { query, because }: { query: string; because: string }) =>
    this.check(() => {
      const held = this.held(query);
      if (held.state === "open") this.told.push({ verb: "skip", by, item: held.item, value: because });
      held.state = "skipped";
      return this.done();
    });

  release = (_: string, queries: string[]) =>
    this.check(() => {
      for (const query of queries) this.open.delete(query);
      return this.done();
    });

  retract = (by: string, item: Item) =>
    this.check(() => {
      const held = [...this.open.values()].findLast((query) => query.item === item && query.state !== "open");
      if (!held)
        throw new Refused(400, { error: "InvalidInput", message: "Nothing to take back.", mend: "" });
      this.told.push({ verb: "retract", by, item, value: null });
      this.labels.delete(item);
      held.state = "retracted";
      return { ...this.done(), question: this.ask(item, by, held.value ?? "skipped") };
    });

  correct = (by: string, item: Item, value: string) =>
    this.check(() => {
      this.told.push({ verb: "correct", by, item, value });
      this.labels.set(item, value);
      return this.done();
    });

  flag = (by: string, { item, flagged, comment }: { item: Item; flagged: boolean; comment: string }) =>
    this.check(() => {
      this.told.push({ verb: "flag", by, item, value: comment });
      if (flagged) this.flags.set(item, comment);
      else this.flags.delete(item);
      return this.done();
    });

  addClass = (by: string, name: string) =>
    this.check(() => {
      this.told.push({ verb: "class", by, item: name, value: name });
      this.classes.add(name);
      return this.done();
    });

  changeSettings = () => this.check(() => campaign());

  train = (_: string, on: boolean) =>
    this.check(() => progress({ background: learner({ phase: on ? "starting" : "stopped" }) }));
}

export interface Table {
  desk: Desk;
  server: FakeServer;
  keep: Keep;
}

/** A desk over a server in memory; give the same `keep` again and it is a reload. */
export function table(
  options: { server?: FakeServer; keep?: Keep; view?: CampaignView; name?: string } = {},
): Table {
  const server = options.server ?? new FakeServer();
  const keep = options.keep ?? memoryKeep();
  const desk = new Desk({
    wire: server,
    keep,
    connection: new Connection(() => 0.5),
    campaign: options.view ?? campaign(),
    face: new Face({ hash: "" }),
    name: new Store<string | null>(options.name ?? "me"),
  });
  return { desk, server, keep };
}
