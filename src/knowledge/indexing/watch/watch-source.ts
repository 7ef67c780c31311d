import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import type { Clock } from "../../../resilience/index.ts";

/** After a change others are waited for, so that what is written together makes one run. */
const defaultSettleMs = 300;
/** A look at everything although nothing was reported: not every file system tells of changes. */
const defaultRescanMs = 60_000;
/** The same where changes cannot be watched. */
const blindRescanMs = 5_000;

export type WatchOptions = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Brings the index up to date; the next run starts after this one at the earliest. */
  readonly onChange: () => Promise<void>;
  /** Changes cannot be watched, as where the system's limit is reached. */
  readonly onBlind?: (error: Error) => void;
  readonly settleMs?: number;
  readonly rescanMs?: number;
};

/** Calls `onChange` whenever something below a path may have changed, until the signal aborts; a rejection ends it. */
export async function watchSource(path: string, options: WatchOptions): Promise<void> {
  const { clock, signal, onChange, settleMs = defaultSettleMs } = options;
  const changes = createChanges(clock, signal);
  let isBlind = false;
  const blind = (error: Error) => {
    if (!isBlind) options.onBlind?.(error);
    isBlind = true;
  };
  const watcher = await startWatcher(path, () => changes.note(settleMs), blind);
  try {
    while (!signal.aborted) {
      await changes.next(isBlind ? blindRescanMs : (options.rescanMs ?? defaultRescanMs));
      if (!signal.aborted) await onChange();
    }
  } finally {
    watcher?.close();
  }
}

async function startWatcher(
  path: string,
  onEvent: () => void,
  onError: (error: Error) => void,
): Promise<FSWatcher | undefined> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const watcher = watch(path, { recursive: isFolder, persistent: true }, onEvent);
    watcher.on("error", onError);
    return watcher;
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

type Changes = {
  /** Something changed; the wait ends so long after the first change. */
  note(settleMs: number): void;
  /** Resolves after a change, after so long without one, or when the signal aborts. */
  next(withinMs: number): Promise<void>;
};

function createChanges(clock: Clock, signal: AbortSignal): Changes {
  let wake: (() => void) | undefined;
  let isNoted = false;
  let isSettling = false;
  const settled = () => {
    isSettling = false;
    isNoted = true;
    wake?.();
  };
  signal.addEventListener("abort", () => wake?.(), { once: true });
  return {
    note(settleMs) {
      if (isSettling) return;
      isSettling = true;
      clock.schedule(settleMs, settled);
    },
    async next(withinMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stopTimer = clock.schedule(withinMs, resolve);
      wake = resolve;
      if (isNoted || signal.aborted) resolve();
      await promise;
      isNoted = false;
      wake = undefined;
      stopTimer();
    },
  };
}
