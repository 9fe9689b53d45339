/** Longest pause between two signs of life that still counts as looking at the question. */
export const IDLE_AFTER = 60_000;

/**
 * How long somebody really looked at a question: hidden time never counts, and of a pause without any
 * input only its first minute does.
 */
export class LeadTimer {
  private total = 0;
  private mark: number | null = null;

  constructor(
    private readonly clock: () => number = () => performance.now(),
    private readonly idleAfter = IDLE_AFTER,
  ) {}

  /** A new question is on the screen. */
  start(visible = true): void {
    this.total = 0;
    this.mark = visible ? this.clock() : null;
  }

  /** A key, a move, a touch. */
  active(): void {
    if (this.mark === null) return;
    const now = this.clock();
    this.total += Math.min(now - this.mark, this.idleAfter);
    this.mark = now;
  }

  pause(): void {
    this.active();
    this.mark = null;
  }

  resume(): void {
    if (this.mark === null) this.mark = this.clock();
  }

  /** Seconds so far, to a tenth. */
  seconds(): number {
    const running = this.mark === null ? 0 : Math.min(this.clock() - this.mark, this.idleAfter);
    return Math.round((this.total + running) / 100) / 10;
  }
}
