import { useEffect } from "react";
import { actionsFor, Keymap, TYPE_TO_FILTER } from "../actions";
import type { Desk } from "../state/desk";

const FIELDS = "input, textarea, select, [contenteditable='true']";
const OWN_KEYS = "[role='menu'], [role='dialog'], [role='slider'], [role='tablist']";
/** Space and enter press what has the focus, so they are not the page's there. */
const PRESSABLE = "button, a[href], summary, [role='option'], [role='menuitem']";

/** Gives each stroke to the action that it belongs to. */
export function useKeys(desk: Desk): void {
  useEffect(() => {
    const keymap = new Keymap();
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      if (skipWithCause(desk, event) || closedByItsKey(desk, event)) return;
      const target = event.target instanceof Element ? event.target : document.body;
      const { classes } = desk.campaign.get();
      const typing = classes.length > TYPE_TO_FILTER;
      const labelling = desk.face.view.get() === "label" && desk.face.sheet.get() === null;
      const inField = target.matches(FIELDS) && !isIdleFilter(target, event);
      if (event.repeat && !event.key.startsWith("Arrow")) return;
      const elsewhere = inField || target.closest(OWN_KEYS) !== null || desk.face.sheet.get() !== null;
      const candidates = actionsFor(desk).filter(
        (action) => (!action.labelling || labelling) && (!elsewhere || action.inField),
      );
      const pressing = (event.key === " " || event.key === "Enter") && target.closest(PRESSABLE) !== null;
      if (pressing && !event.ctrlKey && !event.metaKey) return;
      const action = keymap.match(event, candidates, typing);
      if (action === "prefix") return event.preventDefault();
      if (action) {
        event.preventDefault();
        if (action.enabled(desk)) action.perform(desk);
      } else if (typing && labelling && !inField && isLetter(event)) {
        document.querySelector<HTMLInputElement>("[data-filter]")?.focus(); // the letter itself lands there
      } else if (event.key === "Escape" && labelling) desk.session.leave();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [desk]);
}

/** An empty filter leaves all keys but letters and backspace to the page. */
function isIdleFilter(target: Element, event: KeyboardEvent): boolean {
  if (!(target instanceof HTMLInputElement) || !target.hasAttribute("data-filter")) return false;
  return target.value === "" && event.key !== "Backspace" && !isLetter(event);
}

function isLetter(event: KeyboardEvent): boolean {
  return /^\p{L}$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
}

/** What a key opened, the same key closes. */
function closedByItsKey(desk: Desk, event: KeyboardEvent): boolean {
  const sheet = desk.face.sheet.get();
  const closes = (sheet === "guidelines" && event.key === "h") || (sheet === "help" && event.key === "?");
  if (!closes) return false;
  event.preventDefault();
  desk.face.close();
  return true;
}

/** While the causes are open, a digit picks one. */
function skipWithCause(desk: Desk, event: KeyboardEvent): boolean {
  if (desk.face.sheet.get() !== "skip" || !/^[1-9]$/.test(event.key)) return false;
  const cause = desk.campaign.get().skip_causes[Number(event.key) - 1];
  if (cause === undefined) return false;
  event.preventDefault();
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); // out of the closing menu
  desk.face.close();
  desk.session.skip(cause);
  return true;
}
