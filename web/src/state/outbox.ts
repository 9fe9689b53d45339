import { Away, Refused } from "../wire/client";
import type { Item, Problem } from "../wire/types";
import type { Connection } from "./connection";
import { type Keep, readJson } from "./storage";
import { Store } from "./store";

/** One change that must reach the server. */
export type Parcel =
  | { kind: "answer"; query: string; item: Item; value: string; seconds: number | null }
  | { kind: "skip"; query: string; item: Item; because: string; seconds: number | null }
  | { kind: "retract"; item: Item }
  | { kind: "correct"; item: Item; value: string }
  | { kind: "flag"; item: Item; flagged: boolean; comment: string }
  | { kind: "class"; name: string };

export interface Entry {
  /** Grows with time, so that sorting by it gives the order of sending. */
  id: string;
  at: number;
  by: string;
  parcel: Parcel;
  /** It was on its way once, and no reply came: the server may know it already. */
  tried: boolean;
  /** The server said no; it waits for a person. */
  refused: (Problem & { status: number }) | null;
}

/** The query of an answer given while the retraction before it is still on its way. */
export const pendingQuery = (entry: string): string => `pending:${entry}`;

export const isPending = (query: string): boolean => query.startsWith("pending:");

export interface OutboxOptions {
  keep: Keep;
  /** Sends one entry; throws Away to try again later, Refused to give up. */
  send: (entry: Entry) => Promise<unknown>;
  connection: Connection;
  /** Entries of other campaigns served from the same address are left alone. */
  space: string;
  clock?: () => number;
}

type Delivered = (entry: Entry, reply: unknown) => void;

/**
 * What was said here and is not yet stored there.
 *
 * Each entry is written to the browser's storage under a key of its own before anything is sent, is sent in
 * order, and is forgotten only when the server has acknowledged it: a reload, a closed tab, a second tab or a
 * restarted server loses nothing, and sending twice is harmless since the query is the idempotency key.
 */
export class Outbox {
  readonly entries: Store<readonly Entry[]>;
  readonly storageFull = new Store(false);
  private readonly delivered = new Set<Delivered>();
  private readonly refusals = new Set<(entry: Entry) => void>();
  private inFlight: string | null = null;
  private running: Promise<void> | null = null;
  private count = 0;

  constructor(private readonly options: OutboxOptions) {
    this.entries = new Store<readonly Entry[]>(this.stored());
    options.connection.onWake(() => void this.pump());
  }

  private get prefix(): string {
    return `querist/outbox/${this.options.space}/`;
  }

  onDelivered(listener: Delivered): void {
    this.delivered.add(listener);
  }

  onRefused(listener: (entry: Entry) => void): void {
    this.refusals.add(listener);
  }

  /** Entries that the server has not refused: how many are "unsent". */
  unsent(): Entry[] {
    return this.entries.get().filter((entry) => entry.refused === null);
  }

  /** Queries that were answered or skipped here: they must not be shown again. */
  settledQueries(): Set<string> {
    const settled = new Set<string>();
    for (const { parcel } of this.entries.get())
      if (parcel.kind === "answer" || parcel.kind === "skip") settled.add(parcel.query);
    return settled;
  }

  put(parcel: Parcel, by: string): Entry {
    const at = (this.options.clock ?? Date.now)();
    this.count += 1;
    const random = Math.random().toString(36).slice(2, 8).padEnd(6, "0");
    const id = `${String(at).padStart(14, "0")}-${String(this.count).padStart(6, "0")}-${random}`;
    const entry: Entry = { id, at, by, parcel, tried: false, refused: null };
    this.write(entry);
    void this.pump();
    return entry;
  }

  /** Takes an entry back before it left; false where it is too late. */
  withdraw(id: string): boolean {
    const entry = this.find(id);
    if (!entry || entry.tried || this.inFlight === id) return false;
    this.forget(id);
    return true;
  }

  dismiss(id: string): void {
    this.forget(id);
  }

  /** Sends a refused entry again, perhaps as something else. */
  again(id: string, parcel?: Parcel): void {
    const entry = this.find(id);
    if (!entry) return;
    this.write({ ...entry, parcel: parcel ?? entry.parcel, tried: false, refused: null });
    void this.pump();
  }

  /** Gives the answers that waited for a reopened question its real query, or makes corrections of them. */
  resolve(pending: string, query: string | null): void {
    for (const entry of this.entries.get()) {
      const { parcel } = entry;
      if ((parcel.kind !== "answer" && parcel.kind !== "skip") || parcel.query !== pending) continue;
      if (query !== null) this.write({ ...entry, parcel: { ...parcel, query } });
      else if (parcel.kind === "answer")
        this.write({ ...entry, parcel: { kind: "correct", item: parcel.item, value: parcel.value } });
      else this.forget(entry.id);
    }
  }

  /** Reads what another tab wrote. */
  reload(): void {
    this.entries.set(this.stored());
    void this.pump();
  }

  pump(): Promise<void> {
    this.running ??= this.exclusively(() => this.drain()).finally(() => {
      this.running = null;
      if (this.options.connection.away.get() === null && this.unsent().length > 0) void this.pump();
    });
    return this.running;
  }

  private async drain(): Promise<void> {
    for (;;) {
      const entry = this.unsent()[0];
      if (!entry) return;
      if (this.options.keep.get(this.prefix + entry.id) === null) {
        this.entries.update((entries) => entries.filter((other) => other.id !== entry.id));
        continue; // another tab has delivered it
      }
      if (!(await this.deliver(entry))) return;
    }
  }

  /** True when the next entry may go. */
  private async deliver(entry: Entry): Promise<boolean> {
    this.inFlight = entry.id;
    this.write({ ...entry, tried: true });
    let reply: unknown;
    try {
      reply = await this.options.send(entry);
    } catch (error) {
      this.inFlight = null;
      if (error instanceof Away) {
        this.options.connection.lost(error);
        return false;
      }
      this.refuse(entry, error);
      return true;
    }
    this.inFlight = null;
    this.forget(entry.id);
    this.options.connection.reached();
    for (const listener of this.delivered) listener(entry, reply);
    return true;
  }

  private refuse(entry: Entry, error: unknown): void {
    const problem =
      error instanceof Refused
        ? { ...error.problem, status: error.status }
        : { error: "Error", message: String(error), mend: "", status: 0 };
    const refused = { ...entry, tried: true, refused: problem };
    if (error instanceof Refused) this.options.connection.reached();
    // A retraction that is refused left the item as it was: what was said afterwards becomes a correction.
    if (entry.parcel.kind === "retract") this.resolve(pendingQuery(entry.id), null);
    if (entry.parcel.kind === "retract" && entry.tried) this.forget(entry.id);
    else this.write(refused);
    for (const listener of this.refusals) listener(refused);
  }

  private async exclusively(work: () => Promise<void>): Promise<void> {
    const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
    if (!locks) return work();
    await locks.request(this.prefix, work);
  }

  private find(id: string): Entry | undefined {
    return this.entries.get().find((entry) => entry.id === id);
  }

  private write(entry: Entry): void {
    const fits = this.options.keep.set(this.prefix + entry.id, JSON.stringify(entry));
    this.storageFull.set(!fits);
    this.entries.update((entries) =>
      entries.some((other) => other.id === entry.id)
        ? entries.map((other) => (other.id === entry.id ? entry : other))
        : [...entries, entry],
    );
  }

  private forget(id: string): void {
    this.options.keep.remove(this.prefix + id);
    this.entries.update((entries) => entries.filter((entry) => entry.id !== id));
  }

  private stored(): Entry[] {
    return this.options.keep
      .keys(this.prefix)
      .map((key) => readJson<Entry>(this.options.keep, key))
      .filter((entry): entry is Entry => entry !== null && typeof entry.id === "string");
  }
}
