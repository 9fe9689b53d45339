import { Store } from "./store";

export interface Notice {
  id: number;
  tone: "plain" | "good" | "bad";
  text: string;
  detail: string;
  /** What can be done about it, besides putting it away. */
  choices: { label: string; perform: () => void }[];
  /** Stays until it is put away. */
  sticky: boolean;
}

const MOST = 3;

/** Short messages at the edge of the page; those that need a decision stay. */
export class Notices {
  readonly shown = new Store<readonly Notice[]>([]);
  private count = 0;

  say(text: string, more: Partial<Omit<Notice, "id" | "text">> = {}): number {
    this.count += 1;
    const notice: Notice = {
      id: this.count,
      text,
      tone: "plain",
      detail: "",
      choices: [],
      sticky: false,
      ...more,
    };
    const passing = this.shown.get().filter(({ sticky }) => !sticky);
    const oldest = passing.length >= MOST ? passing[0]?.id : undefined;
    this.shown.update((all) => [...all.filter(({ id }) => id !== oldest), notice]);
    if (!notice.sticky) setTimeout(() => this.close(notice.id), 6000);
    return notice.id;
  }

  close(id: number): void {
    this.shown.update((all) => all.filter((notice) => notice.id !== id));
  }
}
