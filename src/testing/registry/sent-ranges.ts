/** Counts which bytes of each file were handed to clients, and how often. */
export type SentRanges = {
  add(key: string, start: number, end: number): void;
  /** Of one file, or of all. */
  total(key?: string): number;
  /** Bytes that were sent more than once, counted each time but the first. */
  repeated(key: string): number;
  clear(): void;
};

export function createSentRanges(): SentRanges {
  const ranges = new Map<string, { start: number; end: number }[]>();
  const sum = (list: readonly { start: number; end: number }[]) =>
    list.reduce((bytes, { start, end }) => bytes + end - start, 0);
  return {
    add(key, start, end) {
      const list = ranges.get(key) ?? [];
      ranges.set(key, list);
      const last = list.at(-1);
      if (last && last.end === start) last.end = end;
      else list.push({ start, end });
    },
    total: (key) =>
      key === undefined
        ? [...ranges.values()].reduce((all, list) => all + sum(list), 0)
        : sum(ranges.get(key) ?? []),
    repeated(key) {
      const list = (ranges.get(key) ?? []).toSorted((a, b) => a.start - b.start);
      let distinct = 0;
      let reached = 0;
      for (const { start, end } of list) {
        distinct += Math.max(0, end - Math.max(start, reached));
        reached = Math.max(reached, end);
      }
      return sum(list) - distinct;
    },
    clear: () => ranges.clear(),
  };
}
