import { untilAborted } from "../../base/index.ts";

export type FetchListener = {
  readonly onProgress: (completedBytes: number) => void;
  readonly onStatus: (status: string) => void;
};

/** Starts the fetch that several share; it must end soon after its signal aborts. */
export type StartFetch = (listener: FetchListener, signal: AbortSignal) => Promise<string>;

/** Fetches of this process, one for each key: who asks for what is under way joins it and sees its progress. */
export type SharedFetches = {
  join(key: string, start: StartFetch, listener: FetchListener, signal: AbortSignal): Promise<string>;
};

type Shared = {
  readonly listeners: Set<FetchListener>;
  readonly controller: AbortController;
  readonly outcome: Promise<string>;
  completedBytes: number | undefined;
};

export function createSharedFetches(): SharedFetches {
  const running = new Map<string, Shared>();

  function begin(key: string, start: StartFetch): Shared {
    const listeners = new Set<FetchListener>();
    const controller = new AbortController();
    const everyone: FetchListener = {
      onProgress(completedBytes) {
        shared.completedBytes = completedBytes;
        for (const listener of listeners) listener.onProgress(completedBytes);
      },
      onStatus(status) {
        for (const listener of listeners) listener.onStatus(status);
      },
    };
    const outcome = Promise.resolve()
      .then(() => start(everyone, controller.signal))
      .finally(() => running.delete(key));
    outcome.catch(() => undefined);
    const shared: Shared = { listeners, controller, outcome, completedBytes: undefined };
    running.set(key, shared);
    return shared;
  }

  return {
    async join(key, start, listener, signal) {
      for (let ending = running.get(key); ending?.controller.signal.aborted; ending = running.get(key)) {
        await ending.outcome.catch(() => undefined);
      }
      signal.throwIfAborted();
      const shared = running.get(key) ?? begin(key, start);
      shared.listeners.add(listener);
      if (shared.completedBytes !== undefined) listener.onProgress(shared.completedBytes);
      try {
        return await untilAborted(shared.outcome, signal);
      } finally {
        shared.listeners.delete(listener);
        if (shared.listeners.size === 0 && running.get(key) === shared) {
          shared.controller.abort(signal.reason);
          await shared.outcome.catch(() => undefined);
        }
      }
    },
  };
}
