import type { JsonObject } from "../../contract/index.ts";
import type { Collection } from "../../knowledge/index.ts";
import type { TelemetryStats } from "../../observability/index.ts";
import type { Upstreams } from "../../upstreams/index.ts";
import type { LearningCounts } from "./learning-counts.ts";
import { type Counterfactual, toSavingsBody } from "./savings.ts";
import { toDay, type Usage } from "./usage.ts";
import { highValue } from "./value-score.ts";

/** Share of answers that are hoped to be made here; it is shown and nothing enforces it. */
const localTarget = 0.7;
/** Share of answers that are hoped to come from the cache. */
const cachedTarget = 0.3;

export type StatusReading = {
  readonly mode: string;
  readonly counts: LearningCounts;
  readonly usage: readonly Usage[];
  readonly usageFromMs: number;
  readonly patterns: Readonly<Record<string, number>>;
  /** Interactions that could not be kept since the process started. */
  readonly lost: number;
  readonly telemetry: TelemetryStats;
  readonly counterfactual: Counterfactual | undefined;
};

/** What is learnt, where answers came from and what that saved, as dashboards read it. */
export function toLearningStatus(reading: StatusReading): JsonObject {
  const { mode, counts, telemetry, patterns, lost, usage } = reading;
  const { total, high, averageValue = null } = counts;
  return {
    "hybrid-coordinator": {
      ...{ status: "running", interactions: mode },
      telemetry: {
        ...{ events: telemetry.written, dropped: telemetry.dropped },
        last_event: telemetry.lastEventAtMs === undefined ? null : toIso(telemetry.lastEventAtMs),
        ...{ avg_value_score: averageValue, high_value_count: high },
        value_scores_recent: counts.recentValues,
      },
      learning: { pattern_extractions: counts.extractions, finetune_records: counts.samples },
    },
    "learning-metrics": {
      interactions: {
        ...{ total, high_value: high, last_7d: counts.lastWeek, last_7d_high_value: counts.lastWeekHigh },
        ...{ outcomes: counts.outcomes, inferred: counts.inferred, lost },
      },
      patterns: {
        extractions: counts.extractions,
        learning_rate: total === 0 ? 0 : counts.extractions / total,
        since_start: patterns,
      },
      value_scoring: { avg: averageValue, threshold: highValue },
      fine_tuning: { samples: counts.samples },
    },
    "token-savings": {
      ...{ since: toDay(reading.usageFromMs), ...toRouting(usage) },
      ...toSavingsBody(usage, reading.counterfactual),
    },
  };
}

function toRouting(usage: readonly Usage[]): JsonObject {
  const sum = (route?: Usage["route"]) =>
    usage.reduce(
      (count, each) => count + (route === undefined || each.route === route ? each.answers : 0),
      0,
    );
  const [total, local, remote, cached] = [sum(), sum("local"), sum("remote"), sum("cache")];
  const share = (part: number, of: number) => (of === 0 ? null : part / of);
  return {
    queries: { total, local, remote, cached },
    routing: { local_share: share(local, local + remote), target: localTarget },
    cache: { hit_share: share(cached, total), target: cachedTarget },
    models: usage.map(({ model, route, answers, promptTokens, completionTokens }) => ({
      ...{ model, route, answers, prompt_tokens: promptTokens, completion_tokens: completionTokens },
    })),
  };
}

/** What the collections hold. */
export function toCollectionStatus(collections: readonly Collection[]): JsonObject {
  return {
    ...{ store_status: "ok", total_collections: collections.length },
    total_points: collections.reduce((sum, { chunks }) => sum + chunks, 0),
    collections: collections.map((each) => ({
      ...{ name: each.name, exists: true, label: each.label, documents: each.documents, points: each.chunks },
      mode: each.embeddingModel === undefined ? "words" : "hybrid",
      embedding_model: each.embeddingModel ?? null,
      vectors: each.dimension ?? null,
    })),
  };
}

export function toUpstreamStatus({ list }: Upstreams): readonly JsonObject[] {
  return list.map((upstream) => {
    const { state, failures, running, lastError } = upstream.health();
    return {
      ...{ name: upstream.config.name, kind: upstream.config.kind, state, failures, running },
      last_error: lastError ?? null,
    };
  });
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}
