import { expect, test } from "bun:test";
import { maxLabelValues } from "./decision-metrics.ts";
import { createMetrics } from "./metrics.ts";

function create() {
  const memory = {
    models: 0,
    waiting: 0,
    budgetBytes: 0,
    usedBytes: 0,
    deviceBudgetBytes: 0,
    usedDeviceBytes: 0,
  };
  return createMetrics({
    readEngines: () => [],
    readMemory: () => memory,
    readPlugins: () => ({ processes: 0, memoryBytes: 0, waiting: 0 }),
    readUpstreams: () => [
      { upstream: "work", isOpen: true },
      { upstream: "spare", isOpen: false },
    ],
  });
}

test("what was decided about requests is counted", async () => {
  const metrics = create();
  metrics.routeDecided("remote", "complexity");
  metrics.routeFellBack("big@work", "hearth-demo", "circuit_open");
  metrics.cacheLooked("semantic");
  metrics.cacheWasWrong();
  metrics.retrieved("words", { isEmpty: true });
  metrics.patternMade("merged");
  metrics.interactionEnded("success");
  metrics.rateLimited();
  metrics.retried("pull");
  const text = await metrics.text();
  for (const line of [
    'route_decisions_total{route="remote",rule="complexity"} 1',
    'route_fallbacks_total{from="big@work",to="hearth-demo",reason="circuit_open"} 1',
    'semantic_cache_lookups_total{outcome="semantic"} 1',
    "semantic_cache_false_hits_total 1",
    'retrievals_total{mode="words",empty="true"} 1',
    'patterns_total{outcome="merged"} 1',
    'interactions_total{outcome="success"} 1',
    "rate_limited_total 1",
    'retries_total{service="pull"} 1',
  ])
    expect(text).toContain(`hearth_${line}`);
});

test("requests to servers elsewhere are counted with their time, their cost and whether they are left alone", async () => {
  const metrics = create();
  metrics.upstreamEnded({ upstream: "work", outcome: "ok", durationMs: 400 });
  metrics.upstreamEnded({ upstream: "work", outcome: "upstream_failed", durationMs: 20 });
  metrics.upstreamSpent("work", 0.25);
  metrics.upstreamSpent("work", 0);
  const text = await metrics.text();
  for (const line of [
    'upstream_requests_total{upstream="work",outcome="ok"} 1',
    'upstream_requests_total{upstream="work",outcome="upstream_failed"} 1',
    'upstream_request_duration_seconds_bucket{le="0.05",upstream="work"} 1',
    'upstream_request_duration_seconds_sum{upstream="work"} 0.42',
    'upstream_cost_usd_total{upstream="work"} 0.25',
    'upstream_breaker_open{upstream="work"} 1',
    'upstream_breaker_open{upstream="spare"} 0',
  ])
    expect(text).toContain(`hearth_${line}`);
});

test("rules that a policy invents do not grow the metrics without end", async () => {
  const metrics = create();
  for (let rule = 0; rule < maxLabelValues + 10; rule += 1) metrics.routeDecided("local", `rule-${rule}`);
  metrics.routeDecided("local", "rule-3");
  const text = await metrics.text();
  expect(text).toContain('hearth_route_decisions_total{route="local",rule="rule-3"} 2');
  expect(text).toContain('hearth_route_decisions_total{route="local",rule="other"} 10');
  expect(text.match(/route_decisions_total\{/g)).toHaveLength(maxLabelValues + 1);
});
