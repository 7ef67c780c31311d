import type { ContextReceipt } from "../../contract/index.ts";
import type { Telemetry } from "../../observability/index.ts";
import type { GenerationRecord } from "../recorder.ts";

/** Where an answer went, whether it was there before, and what was looked up for it. */
export function tellReceipt(telemetry: Telemetry, { id, receipt, usage }: GenerationRecord): void {
  if (!receipt) return;
  const { route, cache, context, answeredBy } = receipt;
  telemetry.tell("route_decided", {
    ...{ interaction_id: id, route: route.kind, rule: route.rule, model: answeredBy },
  });
  // The context of a stored answer was looked up when that was made.
  if (cache.outcome !== "exact" && cache.outcome !== "semantic") {
    if (context) tellSearches(telemetry, context);
    return;
  }
  telemetry.tell("cache_served", {
    ...{ interaction_id: id, kind: cache.outcome, similarity: cache.similarity ?? null },
    tokens: (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0),
  });
}

function tellSearches(telemetry: Telemetry, { collections, citations, mode }: ContextReceipt): void {
  for (const collection of collections) {
    const results = citations.filter((citation) => citation.collection === collection).length;
    telemetry.tell("context_search", { collection, results, mode });
  }
}
