import type { Telemetry } from "../../observability/index.ts";
import type { GenerationRecord } from "../recorder.ts";

/** Where an answer went, and whether it was there before. */
export function tellReceipt(telemetry: Telemetry, { id, receipt, usage }: GenerationRecord): void {
  if (!receipt) return;
  const { route, cache, answeredBy } = receipt;
  telemetry.tell("route_decided", {
    ...{ interaction_id: id, route: route.kind, rule: route.rule, model: answeredBy },
  });
  if (cache.outcome !== "exact" && cache.outcome !== "semantic") return;
  telemetry.tell("cache_served", {
    ...{ interaction_id: id, kind: cache.outcome, similarity: cache.similarity ?? null },
    tokens: (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0),
  });
}
