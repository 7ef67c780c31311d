import type {
  CollectFunction,
  Counter as CounterType,
  Gauge as GaugeType,
  Histogram as HistogramType,
} from "prom-client";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { createDecisionInstruments } from "./decision-instruments.ts";
import type { EngineReading, MemoryReading, MetricsOptions, PluginReading } from "./metrics.ts";

const prefix = "hearth_";
const requestBuckets = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120];
const firstTokenBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const interTokenBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const endToEndBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const queueBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60];
const stepBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const pluginBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];
const loadBuckets = [0.1, 0.5, 1, 5, 10, 20, 30, 60, 120, 300];

export type Instruments = ReturnType<typeof createInstruments>;

/** Every metric that is exported, in a registry of its own. Gauges are read from the engines when they are scraped. */
export function createInstruments({ readEngines, readMemory, readPlugins, readUpstreams }: MetricsOptions) {
  const registry = new Registry();
  const counter = (name: string, help: string, labelNames: string[]): CounterType =>
    new Counter({ name: prefix + name, help, labelNames, registers: [registry] });
  const histogram = (name: string, help: string, buckets: number[], labelNames = ["model"]): HistogramType =>
    new Histogram({ name: prefix + name, help, buckets, labelNames, registers: [registry] });
  const gauge = (name: string, help: string, read: (reading: EngineReading) => number): GaugeType =>
    new Gauge({
      name: prefix + name,
      help,
      labelNames: ["model"],
      registers: [registry],
      collect: collectGauge(read),
    });

  function collectGauge(read: (reading: EngineReading) => number): CollectFunction<GaugeType> {
    return function collect() {
      for (const reading of readEngines()) this.set({ model: reading.model }, read(reading));
    };
  }
  gauge("queue_depth", "Requests that wait for a place in the engine", (engine) => engine.waiting);
  gauge("requests_running", "Requests that are being answered", (engine) => engine.running);
  gauge("kv_cache_usage_ratio", "Used share of the KV cache", kvUsage);
  gauge("prefix_cache_bytes", "Memory of parked prefixes", (engine) => engine.prefixCacheBytes);
  gauge("prefix_cache_entries", "Parked prefixes", (engine) => engine.prefixCacheEntries);
  gauge(
    "model_memory_bytes",
    "Resident memory of the model's engine process",
    (engine) => engine.hostMemoryBytes,
  );
  gauge("engine_breaker_open", "1 while an engine process that keeps failing is not started", (engine) =>
    Number(engine.isCircuitOpen),
  );
  registerRestarts(registry, readEngines);
  registerBreakers(registry, readUpstreams);
  const readGauge = (name: string, help: string, read: () => number): GaugeType =>
    new Gauge({
      ...{ name: prefix + name, help, registers: [registry] },
      collect() {
        this.set(read());
      },
    });
  for (const [name, help, read] of memoryGauges) readGauge(name, help, () => read(readMemory()));
  for (const [name, help, read] of pluginGauges) readGauge(name, help, () => read(readPlugins()));
  return {
    registry,
    ...createDecisionInstruments(counter, histogram),
    requests: counter("requests_total", "HTTP requests", ["route", "method", "status", "model"]),
    requestErrors: counter("request_errors_total", "Failed requests by error code", [
      "route",
      "error_type",
      "model",
    ]),
    requestDuration: histogram("request_duration_seconds", "HTTP request time", requestBuckets, [
      "route",
      "model",
    ]),
    generations: counter("generations_total", "Generations by outcome", ["model", "outcome"]),
    firstToken: histogram("time_to_first_token_seconds", "Arrival to first token", firstTokenBuckets),
    interToken: histogram(
      "inter_token_latency_seconds",
      "Time between pieces of an answer",
      interTokenBuckets,
    ),
    endToEnd: histogram("e2e_request_latency_seconds", "Arrival to end of the answer", endToEndBuckets),
    queueTime: histogram("request_queue_time_seconds", "Wait for a place in the engine", queueBuckets),
    step: histogram("engine_step_duration_seconds", "Time of one engine step", stepBuckets),
    load: histogram("model_load_duration_seconds", "Time to load a model", loadBuckets),
    loadPhase: histogram("model_load_phase_seconds", "Time to load a model by phase", loadBuckets, [
      "model",
      "phase",
    ]),
    gpuFallbacks: counter(
      "gpu_fallbacks_total",
      "Loads that did not fit the GPU, by what has the model now",
      ["model", "device"],
    ),
    evictions: counter("model_unloads_total", "Models that left memory by reason", ["model", "reason"]),
    preloads: counter("model_preloads_total", "Models loaded before they were asked for", []),
    cacheHits: counter("cache_hits_total", "Requests that found what they asked for", ["cache_type"]),
    cacheMisses: counter("cache_misses_total", "Requests that did not", ["cache_type"]),
    roomWait: histogram("model_room_wait_seconds", "Wait for room that other models had", loadBuckets, []),
    pluginCalls: counter("plugin_calls_total", "Calls of plugins by outcome", ["plugin", "outcome"]),
    pluginCall: histogram("plugin_call_duration_seconds", "Time of one call of a plugin", pluginBuckets, [
      "plugin",
      "function",
      "outcome",
    ]),
    pluginMemory: new Gauge({
      name: `${prefix}plugin_memory_bytes`,
      help: "Memory of a plugin at the end of its last call",
      labelNames: ["plugin"],
      registers: [registry],
    }),
    pluginRestarts: counter("plugin_host_restarts_total", "Processes that a plugin took down", ["plugin"]),
    pluginQuarantines: counter("plugin_quarantines_total", "Plugins that broke their limits twice", [
      "plugin",
    ]),
    promptTokens: counter("prompt_tokens_total", "Prompt tokens received", ["model"]),
    generationTokens: counter("generation_tokens_total", "Tokens generated", ["model"]),
    prefixQueries: counter("prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache", [
      "model",
    ]),
    prefixHits: counter("prefix_cache_hits_total", "Prompt tokens whose evaluation was reused", ["model"]),
  };
}

const memoryGauges: readonly (readonly [string, string, (reading: MemoryReading) => number])[] = [
  ["models_loaded", "Models in memory", (reading) => reading.models],
  ["model_room_waiting", "Requests that wait for room in memory", (reading) => reading.waiting],
  ["memory_budget_bytes", "Memory that all models may take", (reading) => reading.budgetBytes],
  ["memory_budget_used_bytes", "Memory that loaded models are charged", (reading) => reading.usedBytes],
  ["gpu_memory_budget_bytes", "GPU memory that all models may take", (reading) => reading.deviceBudgetBytes],
  [
    "gpu_memory_budget_used_bytes",
    "GPU memory that loaded models are charged",
    (reading) => reading.usedDeviceBytes,
  ],
];

const pluginGauges: readonly (readonly [string, string, (reading: PluginReading) => number])[] = [
  ["plugin_hosts", "Processes that plugins run in", (reading) => reading.processes],
  ["plugin_host_memory_bytes", "Resident memory of those processes", (reading) => reading.memoryBytes],
  ["plugin_calls_waiting", "Calls of plugins that wait or run", (reading) => reading.waiting],
];

function kvUsage(engine: EngineReading): number {
  return engine.kvTotalTokens === 0 ? 0 : engine.kvUsedTokens / engine.kvTotalTokens;
}

function registerBreakers(registry: Registry, readUpstreams: MetricsOptions["readUpstreams"]): void {
  new Gauge({
    name: `${prefix}upstream_breaker_open`,
    help: "1 while a server elsewhere gets no requests, or few to see whether it works again",
    labelNames: ["upstream"],
    registers: [registry],
    collect() {
      for (const { upstream, isOpen } of readUpstreams()) this.set({ upstream }, Number(isOpen));
    },
  });
}

function registerRestarts(registry: Registry, readEngines: () => readonly EngineReading[]): void {
  new Counter({
    name: `${prefix}engine_restarts_total`,
    help: "Engine processes started after the first",
    labelNames: ["model"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { model, restarts } of readEngines()) this.inc({ model }, restarts);
    },
  });
}
