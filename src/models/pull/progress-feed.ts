import { maxWaitingStatuses } from "./limits.ts";

/** What a pull says while it is at work. `completed` and `total` are bytes. */
export type PullProgress =
  | { readonly type: "status"; readonly status: string }
  | {
      readonly type: "progress";
      readonly digest: string;
      readonly status: string;
      readonly total: number;
      readonly completed: number;
    };

/**
 * Events for one consumer. Progress of a file that was not read yet is replaced by newer, and old statuses make room,
 * so a slow consumer costs no memory.
 */
export type ProgressFeed = {
  push(event: PullProgress): void;
  close(): void;
  /** Until closed, and all is read. */
  events(): AsyncGenerator<PullProgress, void, undefined>;
};

export function createProgressFeed(): ProgressFeed {
  let waiting: PullProgress[] = [];
  let isClosed = false;
  let wake: () => void = () => undefined;
  return {
    push(event) {
      if (event.type === "progress") {
        const same = waiting.findIndex((other) => other.type === "progress" && other.digest === event.digest);
        if (same >= 0) waiting.splice(same, 1);
      } else if (waiting.filter(({ type }) => type === "status").length >= maxWaitingStatuses) {
        waiting.splice(
          waiting.findIndex(({ type }) => type === "status"),
          1,
        );
      }
      waiting.push(event);
      wake();
    },
    close() {
      isClosed = true;
      wake();
    },
    async *events() {
      for (;;) {
        const ready = waiting;
        waiting = [];
        yield* ready;
        if (waiting.length > 0) continue;
        if (isClosed) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
