/** How a share falls as labels come: not at all, in a straight line, or by the square root. */
export interface Schedule {
  falls: "never" | "line" | "root";
  first: number;
  least: number;
  over: number;
}

const FALLING = /^\s*(\d*\.?\d+)\s*(\/\s*sqrt)?\s*(?:->\s*(\d*\.?\d+)\s*(?:\/\s*(\d+))?)?\s*$/;
const USUAL = { least: 0.05, over: 200 };

/** What the server says in a number or a few words: 0.1, "0.5/sqrt->0.05", "0.5->0.05/200". */
export function scheduleOf(share: number | string): Schedule {
  const found = FALLING.exec(String(share));
  const first = Number(found?.[1] ?? 0);
  if (found?.[2]) return { ...USUAL, falls: "root", first, least: Number(found[3] ?? 0) };
  if (found?.[3] && found[4])
    return { falls: "line", first, least: Number(found[3]), over: Number(found[4]) };
  return { ...USUAL, falls: "never", first };
}

/** The same in the server's words. */
export function shareOf({ falls, first, least, over }: Schedule): number | string {
  const end = Math.min(least, first);
  if (falls === "line") return `${first}->${end}/${Math.max(1, over)}`;
  if (falls === "root") return end > 0 ? `${first}/sqrt->${end}` : `${first}/sqrt`;
  return first;
}
