import { AppError } from "../../base/index.ts";
import type { JudgeClock } from "../deps.ts";

/** How long work may take, and what is told when it takes longer. */
type Deadline = {
  readonly timeoutMs: number;
  /** Tells what was done until then. */
  readonly describe: () => AppError;
};

/**
 * Does the work with a signal that aborts at the deadline too, while the work is under way. Throws what `describe`
 * gives if it ended that way, and what the work throws otherwise.
 */
export async function withDeadline<T>(
  clock: Pick<JudgeClock, "sleep">,
  { timeoutMs, describe }: Deadline,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const overdue = new AbortController();
  const watching = clock.sleep(timeoutMs, ended.signal).then(
    () => overdue.abort(new AppError("generation_timeout", `it took longer than ${timeoutMs} ms`)),
    (error: unknown) => {
      if (!ended.signal.aborted) overdue.abort(error);
    },
  );
  try {
    return await work(AbortSignal.any([signal, overdue.signal]));
  } catch (error) {
    if (overdue.signal.aborted && !signal.aborted) throw describe();
    throw error;
  } finally {
    ended.abort();
    await watching;
  }
}
