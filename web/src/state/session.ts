import { Away, Refused, type Wire } from "../wire/client";
import type { Done, Item, NextReply, Progress, Question, RetractReply } from "../wire/types";
import type { Connection } from "./connection";
import { type Entry, isPending, type Outbox, pendingQuery } from "./outbox";
import { type Keep, readJson } from "./storage";
import { Store } from "./store";
import { LeadTimer } from "./timer";

/** How many questions are held at once: the one on the screen and those behind it. */
export const HOLD = 3;
const REMEMBERED = 60;

/** Something that was said here, with the question it was said of. */
export interface Step {
  question: Question;
  value: string | null;
  because: string;
  entry: string;
  /** What a correction replaced; undefined for a first answer or a skip. */
  replaced?: string | null;
}

export interface SessionState {
  queue: readonly Question[];
  past: readonly Step[];
  /** Index into `past` of the step that is looked at again; null on the open question. */
  looking: number | null;
  undone: readonly Step[];
  done: string | null;
  loading: boolean;
  /** Grows with every new thing on the screen. */
  turn: number;
}

export interface SessionOptions {
  wire: Wire;
  keep: Keep;
  outbox: Outbox;
  connection: Connection;
  space: string;
  by: () => string;
  timer?: LeadTimer;
  onProgress?: (progress: Progress) => void;
}

const EMPTY: SessionState = {
  queue: [],
  past: [],
  looking: null,
  undone: [],
  done: null,
  loading: true,
  turn: 0,
};

/**
 * What one annotator does: a queue of open questions, the steps taken, and a way back through them.
 *
 * Everything is said to the outbox and shown at once; the server's replies only confirm it and bring more.
 */
export class Session {
  readonly state: Store<SessionState>;
  readonly timer: LeadTimer;
  private readonly settled = new Set<string>();
  private asking = false;
  private askAgain = false;

  constructor(private readonly options: SessionOptions) {
    this.timer = options.timer ?? new LeadTimer();
    this.state = new Store<SessionState>({ ...EMPTY, past: this.remembered() });
    this.settleRemembered();
    options.outbox.onDelivered((entry, reply) => this.onDelivered(entry, reply));
    options.outbox.onRefused((entry) => this.onRefused(entry));
    options.connection.onWake(() => {
      if (this.state.get().queue.length < HOLD) void this.refill();
    });
  }

  /** The question on the screen: the open one, or an earlier one that is looked at again. */
  get current(): Question | null {
    const { queue, past, looking } = this.state.get();
    return (looking === null ? queue[0] : past[looking]?.question) ?? null;
  }

  /** The step that is looked at again, if any. */
  get looked(): Step | null {
    const { past, looking } = this.state.get();
    return looking === null ? null : (past[looking] ?? null);
  }

  start(): Promise<void> {
    void this.options.outbox.pump();
    return this.refill();
  }

  /** Another name than `before`: their questions are others, and the open ones go back at once. */
  async restart(before: string): Promise<void> {
    const held = this.state.get().queue.flatMap(({ query }) => (isPending(query) ? [] : [query]));
    this.state.update((state) => ({ ...EMPTY, past: this.remembered(), turn: state.turn + 1 }));
    this.settleRemembered();
    if (held.length > 0) await this.options.wire.release(before, held).catch(() => {}); // leases end anyway
    return this.refill();
  }

  answer(value: string): void {
    const question = this.current;
    if (!question) return;
    const looked = this.looked;
    if (looked) {
      this.correct(looked, value);
      return;
    }
    const { query, item } = question;
    const seconds = this.timer.seconds();
    const entry = this.options.outbox.put({ kind: "answer", query, item, value, seconds }, this.options.by());
    this.took({ question, value, because: "", entry: entry.id });
  }

  skip(because = ""): void {
    const question = this.current;
    if (!question || this.looked) return;
    const { query, item } = question;
    const seconds = this.timer.seconds();
    const entry = this.options.outbox.put({ kind: "skip", query, item, because, seconds }, this.options.by());
    this.took({ question, value: null, because, entry: entry.id });
  }

  /** Takes the last step back, wherever it was, and puts its question on the screen. */
  undo(): void {
    const { past } = this.state.get();
    const step = past.at(-1);
    if (!step) return;
    if (step.replaced !== undefined) this.uncorrect(step);
    else this.reopen(step);
    this.state.update((state) => ({
      ...state,
      past: state.past.slice(0, -1),
      undone: [...state.undone, step],
      looking: null,
    }));
    this.remember();
    this.shown();
  }

  /** Says again what was undone last. */
  redo(): void {
    const { undone } = this.state.get();
    const step = undone.at(-1);
    if (!step) return;
    const rest = undone.slice(0, -1);
    if (step.replaced !== undefined && step.value !== null) {
      const { item } = step.question;
      const entry = this.options.outbox.put({ kind: "correct", item, value: step.value }, this.options.by());
      this.state.update((state) => ({ ...state, past: [...state.past, { ...step, entry: entry.id }] }));
      this.remember();
    } else if (this.current?.item === step.question.item) {
      if (step.value === null) this.skip(step.because);
      else this.answer(step.value);
    } else return;
    this.state.update((state) => ({ ...state, undone: rest }));
  }

  previous(): void {
    this.look((at, places) => places.findLast((place) => at === null || place < at) ?? at);
  }

  next(): void {
    this.look((at, places) => places.find((place) => at !== null && place > at) ?? null);
  }

  /** Somebody comes back after a long time: what is behind the question on the screen may be gone. */
  refreshExpired(now = Date.now() / 1000): void {
    if (this.state.get().queue.some(({ until }) => until !== null && until < now)) void this.refill();
  }

  /** Somebody waits for questions: one that was out may be free again, and no news tells of the end of a lease. */
  lookAgain(): void {
    const { queue, loading } = this.state.get();
    if (queue.length === 0 && !loading) void this.refill();
  }

  /** Back to the open question. */
  leave(): void {
    this.look(() => null);
  }

  /** Opens an answered item again (from the list of answers). */
  bringBack(question: Question): void {
    this.settled.delete(question.query);
    this.state.update((state) => ({
      ...state,
      past: state.past.filter((step) => step.question.item !== question.item),
    }));
    this.remember();
    this.enqueue(question);
  }

  /** Another tab answered it: it must not be asked here. */
  settleElsewhere(query: string): void {
    if (this.settled.has(query)) return;
    this.settled.add(query);
    const { queue } = this.state.get();
    if (!queue.some((question) => question.query === query)) return;
    this.state.update((state) => ({
      ...state,
      queue: queue.filter((question) => question.query !== query),
    }));
    if (queue[0]?.query === query) this.shown();
    void this.refill();
  }

  flag(item: Item, flagged: boolean, comment: string): void {
    this.options.outbox.put({ kind: "flag", item, flagged, comment }, this.options.by());
    const mark = (question: Question) =>
      question.item === item ? { ...question, flagged, comment } : question;
    this.state.update((state) => ({
      ...state,
      queue: state.queue.map(mark),
      past: state.past.map((step) => ({ ...step, question: mark(step.question) })),
    }));
    this.remember();
  }

  /** Asks the server for what is open and more; one request at a time. */
  async refill(): Promise<void> {
    if (this.asking) {
      this.askAgain = true;
      return;
    }
    this.asking = true;
    const by = this.options.by();
    try {
      const waiting = this.options.outbox.settledQueries().size;
      const held = this.state.get().queue.filter(({ query }) => !isPending(query)).length;
      const reply = await this.options.wire.next(by, Math.min(20, Math.max(HOLD, held) + waiting));
      this.options.connection.reached();
      if (by === this.options.by()) this.merge(reply);
    } catch (error) {
      if (error instanceof Away) this.options.connection.lost(error);
      else if (error instanceof Refused)
        this.state.update((state) => ({ ...state, loading: false, done: sentence(error) }));
      else throw error;
    } finally {
      this.asking = false;
      if (this.askAgain) {
        this.askAgain = false;
        void this.refill();
      }
    }
  }

  private merge(reply: NextReply): void {
    const settled = this.options.outbox.settledQueries();
    const fresh = reply.questions.filter(({ query }) => !settled.has(query) && !this.settled.has(query));
    const before = this.state.get().queue;
    const first = before[0];
    const queue: Question[] = [];
    // What somebody is reading stays; what lies behind it follows the server.
    if (first) queue.push(fresh.find(({ item }) => item === first.item) ?? first);
    for (const question of before.slice(1))
      if (isPending(question.query) || fresh.some(({ query }) => query === question.query))
        queue.push(question);
    for (const question of fresh) if (!queue.some(({ item }) => item === question.item)) queue.push(question);
    this.state.update((state) => ({
      ...state,
      queue,
      loading: false,
      done: queue.length === 0 ? (reply.done ?? "There is no question open right now.") : null,
    }));
    if (!first && queue.length > 0) this.shown();
  }

  private took(step: Step): void {
    this.settled.add(step.question.query);
    this.state.update((state) => ({
      ...state,
      queue: state.queue.filter(({ item }) => item !== step.question.item),
      past: [...state.past, step].slice(-REMEMBERED),
      undone: [],
      loading: state.queue.length <= 1 && state.done === null,
    }));
    this.remember();
    this.shown();
    if (this.state.get().queue.length < HOLD - 1) void this.refill();
  }

  private correct(step: Step, value: string): void {
    const { question } = step;
    if (value === step.value) {
      this.next();
      return;
    }
    const entry = this.options.outbox.put({ kind: "correct", item: question.item, value }, this.options.by());
    this.state.update((state) => ({
      ...state,
      past: [
        ...state.past.map((other) => (other.question.item === question.item ? { ...other, value } : other)),
        { question, value, because: "", entry: entry.id, replaced: step.value },
      ].slice(-REMEMBERED),
      undone: [],
      looking: null,
    }));
    this.remember();
    this.shown();
  }

  private uncorrect(step: Step): void {
    const { item } = step.question;
    const value = step.replaced ?? null;
    if (!this.options.outbox.withdraw(step.entry)) {
      const parcel =
        value === null ? ({ kind: "retract", item } as const) : ({ kind: "correct", item, value } as const);
      this.options.outbox.put(parcel, this.options.by());
    }
    this.state.update((state) => ({
      ...state,
      past: state.past.map((other) => (other.question.item === item ? { ...other, value } : other)),
    }));
  }

  private reopen(step: Step): void {
    const question = { ...step.question, previous: step.value };
    if (this.options.outbox.withdraw(step.entry)) {
      this.settled.delete(question.query);
      this.enqueue(question);
      return;
    }
    const entry = this.options.outbox.put({ kind: "retract", item: question.item }, this.options.by());
    this.enqueue({ ...question, query: pendingQuery(entry.id) });
  }

  private enqueue(question: Question): void {
    this.state.update((state) => ({
      ...state,
      queue: [question, ...state.queue.filter(({ item }) => item !== question.item)],
      looking: null,
      done: null,
      loading: false,
    }));
    this.shown();
  }

  /** Moves among the first answers; a correction is seen at the answer that it corrected. */
  private look(move: (at: number | null, places: number[]) => number | null): void {
    const { looking, past } = this.state.get();
    const places = past.flatMap((step, place) => (step.replaced === undefined ? [place] : []));
    const at = move(looking, places);
    if (at === looking) return;
    this.state.update((state) => ({ ...state, looking: at }));
    this.shown();
  }

  private shown(): void {
    this.state.update((state) => ({ ...state, turn: state.turn + 1 }));
    this.timer.start();
  }

  private onDelivered(entry: Entry, reply: unknown): void {
    const { progress } = reply as Partial<Done>;
    if (progress) this.options.onProgress?.(progress);
    if (entry.parcel.kind === "retract") this.reopened(entry, (reply as RetractReply).question ?? null);
    // what came back may have taken the place of what lies behind, where the budget has no other
    const changed = entry.parcel.kind === "retract" || this.state.get().queue.length < HOLD;
    if (changed && this.options.outbox.unsent().length === 0) void this.refill();
  }

  private reopened(entry: Entry, question: Question | null): void {
    const pending = pendingQuery(entry.id);
    this.options.outbox.resolve(pending, question?.query ?? null);
    const answered = this.settled.has(pending);
    if (question && answered) this.settled.add(question.query);
    else if (question) this.settled.delete(question.query);
    this.state.update((state) => ({
      ...state,
      queue: state.queue.flatMap((held) => {
        if (held.query !== pending) return [held];
        return question ? [{ ...question, previous: question.previous ?? held.previous }] : [];
      }),
      past: state.past.map((step) =>
        step.question.query === pending && question
          ? { ...step, question: { ...step.question, query: question.query } }
          : step,
      ),
    }));
    this.remember();
  }

  private onRefused(entry: Entry): void {
    const { parcel } = entry;
    if (parcel.kind === "retract") this.reopened(entry, null);
    if (this.state.get().queue.length < HOLD) void this.refill();
  }

  private settleRemembered(): void {
    for (const step of this.state.get().past) this.settled.add(step.question.query);
    for (const query of this.options.outbox.settledQueries()) this.settled.add(query);
  }

  private remembered(): Step[] {
    return readJson<Step[]>(this.options.keep, this.key) ?? [];
  }

  private remember(): void {
    const { past } = this.state.get();
    for (const few of [REMEMBERED, 20, 5])
      if (this.options.keep.set(this.key, JSON.stringify(past.slice(-few)))) return;
  }

  private get key(): string {
    return `querist/past/${this.options.space}/${this.options.by()}`;
  }
}

function sentence(error: Refused): string {
  return `${error.problem.message} ${error.problem.mend}`.trim();
}
