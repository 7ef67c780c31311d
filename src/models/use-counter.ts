import type { StoreDoor } from "./open-store.ts";

/** Uses are written together this long after the first, so that counting costs a request nothing. */
const flushAfterMs = 2_000;

export type UseCounter = {
  add(name: string): void;
  /** Writes what was counted. */
  flush(): Promise<void>;
};

/** Counts uses of models in a store that exists; where nothing was ever stored there is nobody to tell. */
export function createUseCounter(door: Pick<StoreDoor, "toRead">): UseCounter {
  let counts = new Map<string, { uses: number; lastUsedAtMs: number }>();
  let timer: Timer | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const counted = counts;
    counts = new Map();
    if (counted.size === 0) return;
    const store = await door.toRead();
    for (const [name, { uses, lastUsedAtMs }] of counted)
      await store?.models.recordUses(name, uses, lastUsedAtMs);
  }

  return {
    add(name) {
      const before = counts.get(name)?.uses ?? 0;
      counts.set(name, { uses: before + 1, lastUsedAtMs: Date.now() });
      timer ??= setTimeout(() => void flush().catch(() => undefined), flushAfterMs).unref();
    },
    flush,
  };
}
