import type { JsonObject } from "../../../contract/index.ts";
import type { CacheEvaluation, PairsMeasured, Served } from "./evaluate.ts";

/** As clients and `--json` read it. */
export function toEvaluationBody(evaluation: CacheEvaluation): JsonObject {
  const { embedding, start, maxWrongShare, heldOut } = evaluation;
  return {
    ...{ embedding, max_false_hit_share: maxWrongShare, suggested_threshold: start ?? null },
    ...toPairsBody(evaluation),
    held_out: toPairsBody(heldOut),
  };
}

function toPairsBody({ same, near, rows, passed }: PairsMeasured): JsonObject {
  const toBody = ({ hits, falseHits, falseHitShare: { value, low, high } }: Served) => ({
    ...{ hits, hit_rate: same === 0 ? 0 : hits / same, false_hits: falseHits },
    false_hit_rate: { value: value ?? null, low, high },
  });
  return {
    ...{ paraphrases: same, near_misses: near },
    guard_passes: { paraphrases: passed.same, near_misses: passed.near },
    thresholds: rows.map(({ threshold, plain, guarded }) => ({
      threshold,
      ...{ without_guard: toBody(plain), with_guard: toBody(guarded) },
    })),
  };
}
