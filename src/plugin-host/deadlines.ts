import { watchDeadline } from "../process/index.ts";
import type { Clock } from "../resilience/index.ts";
import type { Failure } from "./failure.ts";
import type { Job } from "./job.ts";

/** What a call that waits may take to end once it is told to. */
const cancelGraceMs = 250;
/** Another call that has had the thread for so long may be why this one is late. */
const stolenMs = 100;

export type DeadlineDeps = {
  readonly clock: Clock;
  /** Who has the thread of the process. */
  readonly holder: () => Job | undefined;
  /** Whether the holder has had it for longer. */
  readonly isHeldFor: (forMs: number) => boolean;
  readonly isInside: (job: Job) => boolean;
  /** Ends the process. */
  readonly kill: (job: Job, failure: Failure) => void;
  /** Tells a call that waits to end. */
  readonly cancel: (job: Job, failure: Failure) => void;
};

/** Ends calls that take too long: whoever has the thread by its process, whoever waits by a word. */
export function createDeadlines({ clock, holder, ...deps }: DeadlineDeps) {
  /** The time of a call begins now. */
  function watch(job: Job): void {
    const { timeoutMs } = job.spec.limits;
    const failure: Failure = { code: "timeout", message: `it took longer than ${timeoutMs} ms` };
    job.watch(watchDeadline(timeoutMs, () => expire(job, failure), clock));
  }
  /** Its plugin is being loaded; while a call that came back has the thread, that is not its own time. */
  function watchLoad(job: Job): void {
    const { loadTimeoutMs } = job.spec.limits;
    const failure: Failure = { code: "timeout", message: `it did not start within ${loadTimeoutMs} ms` };
    const expireLoad = () => (holder() === job ? deps.kill(job, failure) : watchLoad(job));
    job.watch(watchDeadline(loadTimeoutMs, expireLoad, clock));
  }
  /** Whoever has the thread must be killed; who waits can be told; who has not begun is not at fault. */
  function expire(job: Job, failure: Failure): void {
    if (holder() === job) deps.kill(job, failure);
    else if (!job.hasBegun && !job.isSettled) watch(job);
    else if (deps.isHeldFor(stolenMs)) {
      // Whoever has the thread has kept it from this one, and ends by a deadline of its own.
      job.watch(watchDeadline(cancelGraceMs, () => expire(job, failure), clock));
    } else {
      deps.cancel(job, failure);
      expectEnd(job, failure);
    }
  }
  /** It was told to end, which it can hear once nobody else has the thread. */
  function expectEnd(job: Job, failure: Failure): void {
    clock.schedule(cancelGraceMs, () => {
      if (!deps.isInside(job)) return;
      if (holder() === undefined || holder() === job) deps.kill(job, failure);
      else expectEnd(job, failure);
    });
  }
  return { watch, watchLoad };
}
