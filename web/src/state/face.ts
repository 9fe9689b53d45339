import { Store } from "./store";

export type View = "label" | "progress" | "answers" | "settings";
export type Sheet = "help" | "palette" | "guidelines" | "flag" | "skip" | "class" | "name" | null;

export const VIEWS: readonly View[] = ["label", "progress", "answers", "settings"];

/** What is open on the page right now; nothing of it outlives a reload but the address. */
export class Face {
  readonly view: Store<View>;
  readonly sheet = new Store<Sheet>(null);
  /** The "why this item" details. */
  readonly why = new Store(false);
  readonly zoom = new Store(1);
  /** How an image is lit, in per cent; kept from item to item. */
  readonly light = new Store({ brightness: 100, contrast: 100 });
  /** Grows with every wish to find a class by typing. */
  readonly filtering = new Store(0);
  /** The class that was just chosen, for the short flash on its button. */
  readonly flash = new Store<string | null>(null);
  readonly filter = new Store("");
  /** Whether a swipe answers; off, since it is easily done by mistake. */
  readonly swipe = new Store(false);
  private flashing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly place: Pick<Location, "hash"> = window.location) {
    this.view = new Store(viewOf(place.hash));
  }

  go(view: View): void {
    if (viewOf(this.place.hash) !== view) this.place.hash = `#/${view}`;
    this.view.set(view);
    this.sheet.set(null);
  }

  /** The address changed: back, forward, or a link. */
  follow(): void {
    this.view.set(viewOf(this.place.hash));
  }

  open(sheet: Sheet): void {
    this.sheet.set(sheet);
  }

  close(): void {
    this.sheet.set(null);
  }

  chose(value: string): void {
    clearTimeout(this.flashing);
    this.flash.set(value);
    this.filter.set("");
    this.flashing = setTimeout(() => this.flash.set(null), 220);
  }
}

function viewOf(hash: string): View {
  const name = hash.replace(/^#\/?/, "");
  return VIEWS.find((view) => view === name) ?? "label";
}
