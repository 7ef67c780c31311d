import type { Watchdog } from "../process/index.ts";
import type { Failure } from "./failure.ts";
import type {
  CallOptions,
  CallReport,
  GuestSpec,
  HostCall,
  HostCallResult,
  HostReport,
  LogLine,
} from "./protocol.ts";

export type JobEnd = (
  | { readonly ok: true; readonly output: Uint8Array | string }
  | { readonly ok: false; readonly failure: Failure }
) & { readonly report: CallReport };

export type NewJob = {
  readonly spec: GuestSpec;
  /** Absent: the plugin is only loaded. */
  readonly options?: CallOptions;
  /** Does what the guest asks of the server. Never rejects. */
  readonly ask: (call: HostCall) => Promise<HostCallResult>;
  readonly signal?: AbortSignal;
  /** What became of a call whose caller had gone away by then. */
  readonly onLate?: (failure: Failure) => void;
};

/** A call on its way through a slot. */
export type Job = Omit<NewJob, "signal"> & {
  /** Of the process it is in, where it gets a new one each time it is sent in; 0 until then. */
  id: number;
  readonly isSettled: boolean;
  hasBegun: boolean;
  /** What it held when it last waited for something outside. */
  memoryBytes: number;
  /** It has asked for something outside: running it again would do that twice. */
  hasEffects: boolean;
  log(line: LogLine): void;
  succeed(output: Uint8Array | string, report: HostReport): void;
  fail(failure: Failure, report?: HostReport): void;
  /** Answers the caller; the deadline goes on for what may still run. */
  detach(failure: Failure): void;
  watch(watchdog: Watchdog): void;
  /** No deadline until the next `watch`. */
  unwatch(): void;
  /** The caller went away; set by whoever holds the call. */
  cancel: (failure: Failure) => void;
  /** Whether it may run once more; only the first time, and only where nobody can tell. */
  retry(): boolean;
};

export const noReport: HostReport = { durationMs: 0, memoryBytes: 0 };

export const cancelFailure: Failure = { code: "plugin_cancelled", message: "the caller went away" };

export function createJob(call: NewJob, onEnd: (end: JobEnd) => void): Job {
  let isSettled = false;
  const logs: LogLine[] = [];
  let isDetached = false;
  let wasRetried = false;
  let watchdog: Watchdog | undefined;

  const abort = () => job.cancel(cancelFailure);
  call.signal?.addEventListener("abort", abort);

  function end(result: JobEnd): void {
    if (isSettled) return;
    isSettled = true;
    call.signal?.removeEventListener("abort", abort);
    onEnd(result);
  }
  function settle(result: JobEnd): void {
    watchdog?.cancel();
    if (isDetached && !result.ok) call.onLate?.(result.failure);
    isDetached = false;
    end(result);
  }
  const job: Job = {
    ...call,
    id: 0,
    get isSettled() {
      return isSettled;
    },
    hasBegun: false,
    memoryBytes: 0,
    hasEffects: false,
    log: (line) => void logs.push(line),
    succeed: (output, report) => settle({ ok: true, output, report: { ...report, logs } }),
    fail: (failure, report = noReport) => settle({ ok: false, failure, report: { ...report, logs } }),
    unwatch: () => watchdog?.cancel(),
    detach(failure) {
      isDetached = !isSettled;
      end({ ok: false, failure, report: { ...noReport, logs: [...logs] } });
    },
    cancel: (failure) => job.fail(failure),
    watch(next) {
      watchdog?.cancel();
      watchdog = next;
    },
    retry() {
      watchdog?.cancel();
      if (wasRetried || job.hasEffects) return false;
      wasRetried = true;
      job.hasBegun = false;
      job.memoryBytes = 0;
      logs.length = 0;
      return true;
    },
  };
  return job;
}
