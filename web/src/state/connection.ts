import type { Away } from "../wire/client";
import { Store } from "./store";

export interface AwayState {
  since: number;
  message: string;
  mend: string;
  attempts: number;
}

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

/**
 * Whether the server answers, for everybody who talks to it: the first who finds it away says so, one timer
 * tries again with growing pauses, and all who wait are woken together.
 */
export class Connection {
  readonly away = new Store<AwayState | null>(null);
  private readonly sleepers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly chance: () => number = Math.random) {}

  onWake(listener: () => void): () => void {
    this.sleepers.add(listener);
    return () => this.sleepers.delete(listener);
  }

  reached(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.away.get() === null) return;
    this.away.set(null);
    this.wakeAll();
  }

  lost(error: Away): void {
    const before = this.away.get();
    if (before && this.timer !== undefined) {
      this.away.set({ ...before, message: error.message, mend: error.mend });
      return; // a try is on its way already
    }
    const attempts = (before?.attempts ?? 0) + 1;
    this.away.set({ since: before?.since ?? Date.now(), message: error.message, mend: error.mend, attempts });
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1));
    this.timer = setTimeout(() => this.wake(), wait * (0.75 + 0.5 * this.chance()));
  }

  /** Try again now: the window came back, the network did, or somebody pressed the button. */
  wake(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const sleeper of [...this.sleepers]) sleeper();
  }
}
