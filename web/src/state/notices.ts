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
    this.shown.update((all) => [...all, notice].slice(-4));
    if (!notice.sticky) setTimeout(() => this.close(notice.id), 6000);
    return notice.id;
  }

  close(id: number): void {
    this.shown.update((all) => all.filter((notice) => notice.id !== id));
  }
}
