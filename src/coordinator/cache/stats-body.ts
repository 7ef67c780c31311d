import type { JsonObject } from "../../contract/index.ts";
import type { CacheStats } from "./stats.ts";

/** As clients and `--json` read it. A threshold above 1, which serves nothing, is null. */
export function toStatsBody(stats: CacheStats): JsonObject {
  const { entries, bytes, maxBytes, hits, tokensSaved, counts, maxWrongShare, spaces } = stats;
  return {
    ...{ entries, bytes, max_bytes: maxBytes, hits, tokens_saved: tokensSaved, counts },
    max_false_hit_share: maxWrongShare,
    spaces: spaces.map(({ tenant, space, threshold, wrong }) => ({
      ...{ tenant, space },
      ...(threshold && {
        threshold: Number.isFinite(threshold.value) ? threshold.value : null,
        basis: threshold.basis,
        labels: threshold.labels,
      }),
      false_hits: {
        ...{ wrong: wrong.wrong, checked: wrong.checked, low: wrong.low, high: wrong.high },
        share: wrong.checked === 0 ? null : wrong.wrong / wrong.checked,
      },
    })),
  };
}
