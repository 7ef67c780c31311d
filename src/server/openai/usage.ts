import type { Timings, Usage } from "../../contract/index.ts";

export function toUsage(usage: Usage) {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** The shape of llama.cpp's `timings`. */
export function toTimings(usage: Usage, timings: Timings) {
  const evaluated = usage.promptTokens - usage.cachedTokens;
  return {
    cache_n: usage.cachedTokens,
    prompt_n: evaluated,
    prompt_ms: timings.prefillMs,
    prompt_per_token_ms: ratio(timings.prefillMs, evaluated),
    prompt_per_second: ratio(evaluated * 1000, timings.prefillMs),
    predicted_n: usage.completionTokens,
    predicted_ms: timings.decodeMs,
    predicted_per_token_ms: ratio(timings.decodeMs, usage.completionTokens),
    predicted_per_second: ratio(usage.completionTokens * 1000, timings.decodeMs),
  };
}

function ratio(value: number, count: number): number {
  return count > 0 ? value / count : 0;
}
