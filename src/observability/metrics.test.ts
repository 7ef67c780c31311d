import { expect, test } from "bun:test";
import { createMetrics, type EngineReading, maxPendingObservations } from "./metrics.ts";

const reading: EngineReading = {
  model: "demo",
  running: 3,
  waiting: 5,
  kvUsedTokens: 256,
  kvTotalTokens: 1024,
  prefixCacheBytes: 4096,
  prefixCacheEntries: 2,
  restarts: 1,
  hostMemoryBytes: 1_000_000,
  isCircuitOpen: true,
};

const memory = {
  models: 2,
  waiting: 1,
  budgetBytes: 1000,
  usedBytes: 600,
  deviceBudgetBytes: 0,
  usedDeviceBytes: 0,
};

const plugins = { processes: 1, memoryBytes: 2_000_000, waiting: 3 };

function create() {
  return createMetrics({
    readEngines: () => [reading],
    readMemory: () => memory,
    readPlugins: () => plugins,
    readUpstreams: () => [{ upstream: "work", isOpen: true }],
  });
}

test("a generation feeds the latency histograms and token counters of its model", async () => {
  const metrics = create();
  metrics.generationFinished({
    model: "demo",
    outcome: "finished",
    e2eMs: 400,
    ttftMs: 30,
    interTokenMs: [4, 8, 30],
    usage: { promptTokens: 100, cachedTokens: 60, completionTokens: 4 },
    timings: { queueMs: 2 },
  });
  const text = await metrics.text();
  expect(text).toContain('hearth_time_to_first_token_seconds_bucket{le="0.05",model="demo"} 1');
  expect(text).toContain('hearth_time_to_first_token_seconds_bucket{le="0.025",model="demo"} 0');
  expect(text).toContain('hearth_inter_token_latency_seconds_count{model="demo"} 3');
  expect(text).toContain('hearth_e2e_request_latency_seconds_sum{model="demo"} 0.4');
  expect(text).toContain('hearth_request_queue_time_seconds_bucket{le="0.005",model="demo"} 1');
  expect(text).toContain('hearth_prompt_tokens_total{model="demo"} 100');
  expect(text).toContain('hearth_generation_tokens_total{model="demo"} 4');
  expect(text).toContain('hearth_prefix_cache_queries_total{model="demo"} 100');
  expect(text).toContain('hearth_prefix_cache_hits_total{model="demo"} 60');
});

test("requests are counted by route and status and errors by code", async () => {
  const metrics = create();
  const request = { route: "/v1/models", method: "GET", durationMs: 200 };
  metrics.requestFinished({ ...request, status: 200 });
  metrics.requestFinished({ ...request, status: 503, errorCode: "queue_full", model: "demo" });
  const text = await metrics.text();
  expect(text).toContain('hearth_requests_total{route="/v1/models",method="GET",status="200",model=""} 1');
  expect(text).toContain(
    'hearth_request_errors_total{route="/v1/models",error_type="queue_full",model="demo"} 1',
  );
  expect(text).toContain(
    'hearth_request_duration_seconds_bucket{le="0.5",route="/v1/models",model="demo"} 1',
  );
});

test("the engine's state is read when it is scraped", async () => {
  const text = await create().text();
  expect(text).toContain('hearth_queue_depth{model="demo"} 5');
  expect(text).toContain('hearth_requests_running{model="demo"} 3');
  expect(text).toContain('hearth_kv_cache_usage_ratio{model="demo"} 0.25');
  expect(text).toContain('hearth_prefix_cache_bytes{model="demo"} 4096');
  expect(text).toContain('hearth_engine_restarts_total{model="demo"} 1');
  expect(text).toContain('hearth_engine_breaker_open{model="demo"} 1');
});

test("scraping twice does not count restarts twice", async () => {
  const metrics = create();
  await metrics.text();
  expect(await metrics.text()).toContain('hearth_engine_restarts_total{model="demo"} 1');
});

test("step and load times are observed after loading as before it", async () => {
  const metrics = create();
  metrics.stepFinished("demo", 4);
  await metrics.load();
  metrics.stepFinished("demo", 4);
  metrics.modelLoaded("demo", { durationMs: 800, phases: {} });
  const text = await metrics.text();
  expect(text).toContain('hearth_engine_step_duration_seconds_bucket{le="0.005",model="demo"} 2');
  expect(text).toContain('hearth_model_load_duration_seconds_bucket{le="1",model="demo"} 1');
});

test("model names that clients make up share one label", async () => {
  const metrics = create();
  for (const model of ["a", "b"])
    metrics.generationFinished({ model, outcome: "failed", e2eMs: 1, interTokenMs: [] });
  const text = await metrics.text();
  expect(text).toContain('hearth_generations_total{model="unknown",outcome="failed"} 2');
  expect(text).not.toContain('model="a"');
});

test("models of a server elsewhere share its label", async () => {
  const metrics = create();
  for (const model of ["big@work", "made-up@work", "big@nowhere"])
    metrics.generationFinished({ model, outcome: "finished", e2eMs: 1, interTokenMs: [] });
  const text = await metrics.text();
  expect(text).toContain('hearth_generations_total{model="@work",outcome="finished"} 2');
  expect(text).toContain('hearth_generations_total{model="unknown",outcome="finished"} 1');
});

test("two collectors in one process do not collide", async () => {
  const [first, second] = [create(), create()];
  first.stepFinished("demo", 1);
  expect(await second.text()).not.toContain('hearth_engine_step_duration_seconds_count{model="demo"}');
  expect(await first.text()).toContain('hearth_engine_step_duration_seconds_count{model="demo"} 1');
});

test("observations before loading are bounded", async () => {
  const metrics = create();
  for (let index = 0; index < maxPendingObservations + 50; index += 1) metrics.stepFinished("demo", 1);
  expect(await metrics.text()).toContain(
    `hearth_engine_step_duration_seconds_count{model="demo"} ${maxPendingObservations}`,
  );
});

test("what models share of memory and how they come and go is counted", async () => {
  const metrics = create();
  metrics.modelAsked("hit");
  metrics.modelAsked("miss");
  metrics.modelLoaded("demo", { durationMs: 300, phases: { weights: 200 } });
  metrics.modelUnloaded("demo", "room");
  metrics.modelPreloaded();
  metrics.gpuFellBack("demo", "cpu");
  metrics.roomWaited(2_000);
  const text = await metrics.text();
  expect(text).toContain('hearth_cache_hits_total{cache_type="model"} 1');
  expect(text).toContain('hearth_cache_misses_total{cache_type="model"} 1');
  expect(text).toContain('hearth_model_unloads_total{model="demo",reason="room"} 1');
  expect(text).toContain("hearth_model_preloads_total 1");
  expect(text).toContain('hearth_gpu_fallbacks_total{model="demo",device="cpu"} 1');
  expect(text).toContain("hearth_model_room_wait_seconds_sum 2");
  expect(text).toContain('hearth_model_load_phase_seconds_sum{model="demo",phase="weights"} 0.2');
  expect(text).toContain("hearth_model_room_waiting 1");
  expect(text).toContain("hearth_memory_budget_used_bytes 600");
});

test("calls of plugins are counted by how they ended, and the plugins that took processes down", async () => {
  const metrics = create();
  const call = { plugin: "grounding", function: "judge", durationMs: 0.4, memoryBytes: 131_072 };
  metrics.pluginCalled({ ...call, outcome: "ok" });
  metrics.pluginCalled({ ...call, outcome: "timeout", memoryBytes: 0 });
  metrics.pluginHostEnded("grounding");
  metrics.pluginQuarantined("grounding");
  const text = await metrics.text();
  expect(text).toContain('hearth_plugin_calls_total{plugin="grounding",outcome="ok"} 1');
  expect(text).toContain('hearth_plugin_calls_total{plugin="grounding",outcome="timeout"} 1');
  expect(text).toContain(
    'hearth_plugin_call_duration_seconds_sum{plugin="grounding",function="judge",outcome="ok"} 0.0004',
  );
  expect(text).toContain('hearth_plugin_memory_bytes{plugin="grounding"} 131072');
  expect(text).toContain('hearth_plugin_host_restarts_total{plugin="grounding"} 1');
  expect(text).toContain('hearth_plugin_quarantines_total{plugin="grounding"} 1');
  expect(text).toContain("hearth_plugin_host_memory_bytes 2000000");
});
