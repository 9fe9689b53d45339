import { Away, type Wire } from "../wire/client";
import type { CampaignView, ClassView, Done, Progress } from "../wire/types";
import type { Connection } from "./connection";
import { Face } from "./face";
import { Notices } from "./notices";
import { type Entry, Outbox } from "./outbox";
import { Session } from "./session";
import type { Keep } from "./storage";
import { Store } from "./store";

export const DEFAULT_NAME = "me";
const NAME_KEY = "querist/annotator";
const SWIPE_KEY = "querist/swipe";

export interface DeskOptions {
  wire: Wire;
  keep: Keep;
  connection: Connection;
  campaign: CampaignView;
  face?: Face;
  name?: Store<string | null>;
  /** What somebody answers as who gave no name. */
  unnamed?: string;
}

/** The model was trained anew: what it says for itself. */
export interface Learned {
  version: string;
  labels: number;
  at: number;
}

/** Everything that one open page works with, put together once. */
export class Desk {
  readonly wire: Wire;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly session: Session;
  readonly face: Face;
  readonly notices = new Notices();
  readonly campaign: Store<CampaignView>;
  readonly progress: Store<Progress>;
  readonly name: Store<string | null>;
  readonly unnamed: string;
  readonly learned = new Store<Learned | null>(null);
  readonly keep: Keep;

  constructor(options: DeskOptions) {
    this.wire = options.wire;
    this.keep = options.keep;
    this.connection = options.connection;
    this.campaign = new Store(options.campaign);
    this.progress = new Store(options.campaign.progress);
    this.name = options.name ?? storedName(options.keep);
    this.unnamed = options.unnamed ?? DEFAULT_NAME;
    this.face = options.face ?? new Face();
    this.face.swipe.set(options.keep.get(SWIPE_KEY) === "on");
    const space = spaceOf(options.campaign);
    const { keep, connection, wire } = this;
    this.outbox = new Outbox({ keep, connection, space, send: (entry) => this.send(entry) });
    this.session = new Session({
      wire,
      keep,
      connection,
      space,
      outbox: this.outbox,
      by: () => this.by,
      onProgress: (progress) => this.heard(progress),
    });
    this.outbox.onRefused((entry) => this.refused(entry));
    this.outbox.onDelivered((entry) => {
      if (entry.parcel.kind === "class") void this.refresh();
    });
    for (const entry of this.outbox.entries.get()) this.refused(entry); // those of an earlier visit
  }

  private catchingUp = false;

  get by(): string {
    return this.name.get() ?? this.unnamed;
  }

  rename(name: string): void {
    const clean = name.trim().slice(0, 80) || this.unnamed;
    const before = this.by;
    this.keep.set(NAME_KEY, clean);
    this.name.set(clean);
    if (clean !== before) {
      void this.session.restart(before);
      void this.wire.progress(clean).then((progress) => this.heard(progress), quietly);
    }
  }

  setSwipe(on: boolean): void {
    this.keep.set(SWIPE_KEY, on ? "on" : "off");
    this.face.swipe.set(on);
  }

  /** Progress from anywhere: a reply, the server's news. */
  heard(progress: Progress): void {
    const before = this.progress.get();
    if (progress.head < before.head) return; // an older reply came later
    const version = progress.learner.version;
    if (version !== null && version !== before.learner.version)
      this.learned.set({ version, labels: progress.learner.labels, at: Date.now() });
    this.progress.set(progress);
    if (progress.frame !== this.campaign.get().progress.frame && !this.catchingUp) {
      this.catchingUp = true;
      void this.refresh().finally(() => {
        this.catchingUp = false;
      });
    }
    if (progress.learner.phase === "failed" && before.learner.phase !== "failed")
      this.notices.say("The model could not be trained; you can go on answering.", {
        tone: "bad",
        detail: progress.learner.note,
        sticky: true,
      });
    const waiting = this.session.state.get().queue.length === 0;
    if (waiting && (progress.head !== before.head || version !== before.learner.version))
      void this.session.refill();
  }

  /** Classes and settings as they are now: after a change here, or when `heard` tells of somebody else's. */
  async refresh(): Promise<void> {
    try {
      const campaign = await this.wire.campaign(this.by);
      this.connection.reached();
      this.campaign.set(campaign);
      this.heard(campaign.progress);
    } catch (error) {
      if (error instanceof Away) this.connection.lost(error);
    }
  }

  /** A class that exists from now on, here at once and on the server when it hears of it. */
  addClass(name: string): void {
    const { classes } = this.campaign.get();
    if (classes.some((known) => known.name === name)) return;
    this.outbox.put({ kind: "class", name }, this.by);
    const added: ClassView = { name, key: freeKey(classes), count: 0, description: "" };
    this.campaign.update((campaign) => ({ ...campaign, classes: [...campaign.classes, added] }));
  }

  /** Another tab wrote to the browser's storage. */
  otherTab(key: string | null, value: string | null): void {
    if (key === null || !key.startsWith("querist/outbox/")) return;
    this.outbox.reload();
    const entry = value === null ? null : parsed(value);
    if (entry?.parcel.kind === "answer" || entry?.parcel.kind === "skip")
      this.session.settleElsewhere(entry.parcel.query);
  }

  private send(entry: Entry): Promise<unknown> {
    const { parcel, by } = entry;
    switch (parcel.kind) {
      case "answer":
        return this.wire.answer(by, { query: parcel.query, value: parcel.value, seconds: parcel.seconds });
      case "skip":
        return this.wire.skip(by, { query: parcel.query, because: parcel.because, seconds: parcel.seconds });
      case "retract":
        return this.wire.retract(by, parcel.item);
      case "correct":
        return this.wire.correct(by, parcel.item, parcel.value);
      case "flag":
        return this.wire.flag(by, { item: parcel.item, flagged: parcel.flagged, comment: parcel.comment });
      case "class":
        return this.wire.addClass(by, parcel.name) as Promise<Partial<Done>>;
    }
  }

  private refused(entry: Entry): void {
    const { refused, parcel } = entry;
    if (!refused) return;
    if (
      parcel.kind === "retract" &&
      entry.tried &&
      !this.outbox.entries.get().some(({ id }) => id === entry.id)
    )
      return;
    const conflict = refused.status === 409 && parcel.kind === "answer";
    const drop = {
      label: conflict ? "Keep the stored answer" : "Put away",
      perform: () => this.outbox.dismiss(entry.id),
    };
    const mend = conflict
      ? {
          label: `Change it to “${parcel.value}”`,
          perform: () =>
            this.outbox.again(entry.id, { kind: "correct", item: parcel.item, value: parcel.value }),
        }
      : { label: "Send again", perform: () => this.outbox.again(entry.id) };
    this.notices.say(refused.message, {
      tone: "bad",
      detail: refused.mend,
      sticky: true,
      choices: [mend, drop],
    });
  }
}

export function storedName(keep: Keep): Store<string | null> {
  return new Store(keep.get(NAME_KEY));
}

/** What this browser answers as in this campaign while no name is given: asked of the server once, and kept. */
export async function unnamedHere(wire: Wire, keep: Keep, campaign: CampaignView): Promise<string> {
  const key = `querist/unnamed/${spaceOf(campaign)}`;
  const known = keep.get(key);
  if (known !== null) return known;
  const { name } = await wire.newcomer(DEFAULT_NAME);
  keep.set(key, name);
  return name;
}

/** The key of the next class where it would be a digit: 1 to 9, then 0, then with shift. */
export function freeKey(classes: readonly ClassView[]): string | null {
  const taken = new Set(classes.map(({ key }) => key));
  const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];
  return [...digits, ...digits.map((digit) => `shift+${digit}`)].find((key) => !taken.has(key)) ?? null;
}

function spaceOf(campaign: CampaignView): string {
  return encodeURIComponent(campaign.id || campaign.kind); // titles and sizes change, so they cannot tell
}

function parsed(text: string): Entry | null {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return null;
  }
}

function quietly(): void {
  // the outbox and the banner say already that the server is away
}
