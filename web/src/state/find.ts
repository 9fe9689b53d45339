/** Letters as people type them: without case and without accents. */
export function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Names that match what was typed: those that start with it, then a word that does, then any place. */
export function find<T>(all: readonly T[], name: (one: T) => string, typed: string): T[] {
  const wanted = plain(typed.trim());
  if (wanted === "") return [...all];
  const ranked = all.flatMap((one) => {
    const text = plain(name(one));
    const at = text.indexOf(wanted);
    if (at < 0) return [];
    const rank = at === 0 ? 0 : /[\s/_-]/.test(text[at - 1] ?? "") ? 1 : 2;
    return [{ one, rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ one }) => one);
}
