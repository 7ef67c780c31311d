/** What a hit counts less for each hit of the same document before it: about three places. */
const furtherWeight = 0.95;

/** Orders anew what is given best first, so that one document does not take all places from those nearly as good. */
export function spreadDocuments<Given extends { readonly documentId: string }>(
  ordered: readonly { readonly passage: Given; readonly value: number }[],
): readonly Given[] {
  const taken = new Map<string, number>();
  return ordered
    .map(({ passage, value }) => {
      const before = taken.get(passage.documentId) ?? 0;
      taken.set(passage.documentId, before + 1);
      return { passage, value: value * furtherWeight ** before };
    })
    .sort((one, other) => other.value - one.value)
    .map(({ passage }) => passage);
}
