import type { JudgeClock } from "../deps.ts";
import type { RunStore } from "../runs/run-store.ts";
import type { Outcome } from "./outcome.ts";
import { toOutcomeBody } from "./outcome-body.ts";

/** At most this much work is lost when the process dies, and fast judging costs few writes. */
const writeEveryMs = 100;

export type PartWriter = {
  /** Throws what an earlier write failed of. */
  add(outcome: Outcome): void;
  /** Writes what waits. Rejects with what a write failed of. */
  close(): Promise<void>;
};

type PartWriterOptions = {
  readonly runs: Pick<RunStore, "addPart">;
  readonly clock: Pick<JudgeClock, "sleep">;
  readonly runId: string;
  /** Parts that the run has already. */
  readonly written: number;
};

/** Stores outcomes soon after they come: all that wait become one part of the run. */
export function createPartWriter({ runs, clock, runId, written }: PartWriterOptions): PartWriter {
  const closing = new AbortController();
  let waiting: Outcome[] = [];
  let position = written;
  let failure: { readonly error: unknown } | undefined;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const part = { key: `outcomes-${position}`, position, result: waiting.map(toOutcomeBody) };
      waiting = [];
      position += 1;
      await runs.addPart(runId, part);
      await rest();
    }
  }
  /** Only closing ends it early, and then there is nothing more to wait for. */
  async function rest(): Promise<void> {
    if (!closing.signal.aborted) await clock.sleep(writeEveryMs, closing.signal).catch(() => {});
  }
  async function writeAll(): Promise<void> {
    try {
      await write();
    } catch (error) {
      failure ??= { error };
    } finally {
      writing = undefined;
    }
  }
  return {
    add(outcome) {
      if (failure) throw failure.error;
      waiting.push(outcome);
      writing ??= writeAll();
    },
    async close() {
      closing.abort();
      await (writing ?? writeAll());
      if (failure) throw failure.error;
    },
  };
}
