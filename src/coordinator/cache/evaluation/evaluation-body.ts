import type { JsonObject } from "../../../contract/index.ts";
import type { CacheEvaluation, Served } from "./evaluate.ts";

/** As clients and `--json` read it. */
export function toEvaluationBody({
  embedding,
  same,
  near,
  rows,
  passed,
  start,
  maxWrongShare,
}: CacheEvaluation): JsonObject {
  const toBody = ({ hits, falseHits, falseHitShare: { value, low, high } }: Served) => ({
    ...{ hits, hit_rate: same === 0 ? 0 : hits / same, false_hits: falseHits },
    false_hit_rate: { value: value ?? null, low, high },
  });
  return {
    ...{ embedding, paraphrases: same, near_misses: near, max_false_hit_share: maxWrongShare },
    guard_passes: { paraphrases: passed.same, near_misses: passed.near },
    suggested_threshold: start ?? null,
    thresholds: rows.map(({ threshold, plain, guarded }) => ({
      threshold,
      ...{ without_guard: toBody(plain), with_guard: toBody(guarded) },
    })),
  };
}
