/** Marks such as `[NAME_1]` that stand for what was taken out: one value has one mark in all the texts of a conversation. */
export type Marks = { markOf(label: string, value: string): string };

/** Marks that stand in a text already, of an earlier scrubbing. */
const markPattern = /\[([A-Z][A-Z_]{0,63})_(\d{1,6})\]/g;

type Known = { readonly number: number; readonly words: Set<string> };

/** Numbers go on behind those of marks that are in the texts already. */
export function createMarks(texts: readonly string[]): Marks {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [, label = "", number = ""] of text.matchAll(markPattern))
      counts.set(label, Math.max(counts.get(label) ?? 0, Number(number)));
  const known = new Map<string, Known[]>();
  return {
    markOf(label, value) {
      const shown = label.toUpperCase();
      const words = toWords(label, value);
      const entries = known.get(shown) ?? [];
      const same = entries.find((entry) => isSame(entry.words, words));
      if (same) {
        for (const word of words) same.words.add(word);
        return `[${shown}_${same.number}]`;
      }
      const number = (counts.get(shown) ?? 0) + 1;
      counts.set(shown, number);
      known.set(shown, [...entries, { number, words: new Set(words) }]);
      return `[${shown}_${number}]`;
    },
  };
}

/** A name is its words; of everything else the spelling does not count. */
function toWords(label: string, value: string): readonly string[] {
  const lower = value.normalize("NFKC").toLowerCase();
  if (label === "name") return lower.split(/[^\p{L}\p{M}]+/u).filter((word) => word.length > 1);
  return [label === "email" ? lower : lower.replace(/[\s().\-/]/g, "")];
}

/** `Hartley` is `Alice Hartley`; `Alice Smith` is not. */
function isSame(known: ReadonlySet<string>, words: readonly string[]): boolean {
  if (words.every((word) => known.has(word))) return words.length > 0;
  return known.size > 0 && known.isSubsetOf(new Set(words));
}
