import type { Counter, Histogram } from "prom-client";

export type DecisionInstruments = ReturnType<typeof createDecisionInstruments>;

type MakeCounter = (name: string, help: string, labelNames: string[]) => Counter;
type MakeHistogram = (name: string, help: string, buckets: number[], labelNames: string[]) => Histogram;

const upstreamBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** What is decided about requests, and what became of it. */
export function createDecisionInstruments(counter: MakeCounter, histogram: MakeHistogram) {
  return {
    routes: counter("route_decisions_total", "Where requests were sent, by the rule that decided", [
      "route",
      "rule",
    ]),
    fallbacks: counter("route_fallbacks_total", "Requests that another model answered in place of one", [
      "from",
      "to",
      "reason",
    ]),
    cacheLookups: counter("semantic_cache_lookups_total", "Requests by what the cache had for them", [
      "outcome",
    ]),
    falseHits: counter("semantic_cache_false_hits_total", "Answers of the cache that were found wrong", []),
    retrievals: counter("retrievals_total", "Searches for texts to answer from", ["mode", "empty"]),
    upstreamRequests: counter("upstream_requests_total", "Requests to servers elsewhere", [
      "upstream",
      "outcome",
    ]),
    upstreamDuration: histogram(
      "upstream_request_duration_seconds",
      "Time of one request to a server elsewhere",
      upstreamBuckets,
      ["upstream"],
    ),
    upstreamCost: counter("upstream_cost_usd_total", "What servers elsewhere charged, by their prices", [
      "upstream",
    ]),
    retries: counter("retries_total", "Attempts after the first, by what was tried again", ["service"]),
    rateLimited: counter("rate_limited_total", "Requests refused because their caller sent too many", []),
    patterns: counter("patterns_total", "Patterns by what became of them", ["outcome"]),
    interactions: counter("interactions_total", "Recorded interactions by outcome", ["outcome"]),
  };
}
