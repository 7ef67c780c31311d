import type { Timings, Usage } from "../../contract/index.ts";

const nanosecondsPerMs = 1_000_000;

export function toNanoseconds(ms: number): number {
  return Math.round(ms * nanosecondsPerMs);
}

/** The figures of the last object of an answer. `prompt_cached_count` is ours: prompt tokens that cost no evaluation. */
export function toStatistics(usage: Usage, timings: Timings, totalMs: number) {
  return {
    total_duration: toNanoseconds(totalMs),
    load_duration: toNanoseconds(timings.loadMs),
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: toNanoseconds(timings.prefillMs),
    eval_count: usage.completionTokens,
    eval_duration: toNanoseconds(timings.decodeMs),
    prompt_cached_count: usage.cachedTokens,
  };
}
