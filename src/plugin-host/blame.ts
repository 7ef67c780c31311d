import type { HostExit } from "../process/index.ts";
import type { Failure } from "./failure.ts";
import type { Job } from "./job.ts";

/** A call that took its process down, and what it fails with. */
export type Blame = { readonly job: Job; readonly failure: Failure };

/**
 * Whose fault it was that a process ended by itself or for its memory: of whoever had the thread, or of the plugin with
 * the most memory. Undefined where it was nobody's, or where the end was asked for.
 */
export function accuse(
  { killedFor, signal, code }: HostExit,
  current: Job | undefined,
  inside: readonly Job[],
): Blame | undefined {
  if (killedFor === "requested") return undefined;
  if (killedFor === "memory-limit") {
    const largest = findLargest(current, inside);
    const message = "its process took more memory than plugins may and was ended";
    return largest && { job: largest, failure: { code: "memory_limit", message } };
  }
  // Nothing inside a process sends it this: it came from an administrator, or from a system short of memory.
  if (signal === "SIGKILL") return undefined;
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const message = `its process died while it ran (${end})`;
  return current && { job: current, failure: { code: "crash", message } };
}

/** A call of the plugin whose calls hold the most; whoever has the thread may hold all that it is allowed. */
function findLargest(current: Job | undefined, inside: readonly Job[]): Job | undefined {
  const jobs = [...new Set(current ? [current, ...inside] : inside)];
  const bytes = new Map<string, number>();
  for (const job of jobs) {
    const { key, limits } = job.spec;
    const own = job === current ? limits.memoryBytes + limits.blockBytes : job.memoryBytes;
    bytes.set(key, (bytes.get(key) ?? 0) + own);
  }
  const size = (job: Job) => bytes.get(job.spec.key) ?? 0;
  return jobs.reduce<Job | undefined>(
    (best, job) => (best && size(best) >= size(job) ? best : job),
    undefined,
  );
}
