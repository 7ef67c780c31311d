import type { StoreDoor } from "./open-store.ts";

/** Uses are written together this long after the first, so that counting costs a request nothing. */
const flushAfterMs = 2_000;
/** Names that are counted between two writes; more are not. */
const maxCounted = 10_000;

export type UseCounter = {
  add(name: string): void;
  /** Writes what was counted, as far as the store can be written. */
  flush(): Promise<void>;
};

/**
 * Counts uses of models in a store that exists; where nothing was ever stored there is nobody to tell. Counts are side
 * work: those that cannot be written are kept for the next time, and nobody fails for them.
 */
export function createUseCounter(door: Pick<StoreDoor, "read">): UseCounter {
  const counts = new Map<string, { readonly uses: number; readonly lastUsedAtMs: number }>();
  let timer: Timer | undefined;

  function count(name: string, uses: number, lastUsedAtMs: number): void {
    const before = counts.get(name);
    if (!before && counts.size >= maxCounted) return;
    counts.set(name, {
      uses: uses + (before?.uses ?? 0),
      lastUsedAtMs: Math.max(lastUsedAtMs, before?.lastUsedAtMs ?? 0),
    });
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const counted = [...counts];
    counts.clear();
    for (const [name, { uses, lastUsedAtMs }] of counted) {
      try {
        await door.read(({ models }) => models.recordUses(name, uses, lastUsedAtMs));
      } catch {
        count(name, uses, lastUsedAtMs);
      }
    }
  }

  return {
    add(name) {
      count(name, 1, Date.now());
      timer ??= setTimeout(() => void flush(), flushAfterMs).unref();
    },
    flush,
  };
}
