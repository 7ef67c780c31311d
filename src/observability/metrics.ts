import { createDecisionMetrics, type DecisionMetrics } from "./decision-metrics.ts";
import type { Instruments } from "./instruments.ts";

/** Observations kept while the metrics library is not loaded; later ones are dropped. */
export const maxPendingObservations = 10_000;
const msPerSecond = 1000;
/** Stands for every model name that is not served: clients choose those, and labels must not grow without end. */
const unknownModel = "unknown";

/** State of one model's engine, read at each scrape. */
export type EngineReading = {
  readonly model: string;
  readonly running: number;
  readonly waiting: number;
  readonly kvUsedTokens: number;
  readonly kvTotalTokens: number;
  readonly prefixCacheBytes: number;
  readonly prefixCacheEntries: number;
  readonly restarts: number;
  readonly hostMemoryBytes: number;
  readonly isCircuitOpen: boolean;
};

export type RequestObservation = {
  /** The route's pattern, never the raw path. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
  readonly errorCode?: string;
  readonly model?: string;
};

export type GenerationObservation = {
  readonly model: string;
  readonly outcome: string;
  readonly e2eMs: number;
  readonly ttftMs?: number;
  readonly interTokenMs: readonly number[];
  readonly usage?: {
    readonly promptTokens: number;
    readonly cachedTokens: number;
    readonly completionTokens: number;
  };
  readonly timings?: { readonly queueMs: number };
};

export type Metrics = DecisionMetrics & {
  requestFinished(request: RequestObservation): void;
  generationFinished(generation: GenerationObservation): void;
  stepFinished(model: string, durationMs: number): void;
  modelLoaded(model: string, load: LoadObservation): void;
  /** A load put fewer layers on the GPU than it was to, because they did not fit; `device` has the model now. */
  gpuFellBack(model: string, device: string): void;
  modelUnloaded(model: string, reason: string): void;
  /** A request found its model loaded (`hit`) or not. */
  modelAsked(found: "hit" | "miss"): void;
  modelPreloaded(): void;
  /** A request waited for room that other models had. */
  roomWaited(durationMs: number): void;
  pluginCalled(call: PluginObservation): void;
  pluginQuarantined(plugin: string): void;
  /** A plugin took its process down. */
  pluginHostEnded(plugin: string): void;
  /** Loads the metrics library and feeds it what was observed so far; `text` does so too. */
  load(): Promise<void>;
  readonly contentType: string;
  /** Prometheus text format. */
  text(): Promise<string>;
};

export type LoadObservation = {
  readonly durationMs: number;
  /** Milliseconds by phase. */
  readonly phases: Readonly<Record<string, number>>;
};

/** A call of a plugin. The function is one that a contract names, or `other`. */
export type PluginObservation = {
  readonly plugin: string;
  readonly function: string;
  /** `ok`, or the code of its failure. */
  readonly outcome: string;
  readonly durationMs: number;
  readonly memoryBytes: number;
};

/** The processes that plugins run in. */
export type PluginReading = {
  readonly processes: number;
  readonly memoryBytes: number;
  readonly waiting: number;
};

/** A server elsewhere. */
export type UpstreamReading = { readonly upstream: string; readonly isOpen: boolean };

/** What all loaded models take together, read at each scrape. */
export type MemoryReading = {
  readonly models: number;
  readonly waiting: number;
  readonly budgetBytes: number;
  readonly usedBytes: number;
  readonly deviceBudgetBytes: number;
  readonly usedDeviceBytes: number;
};

export type MetricsOptions = {
  /** One reading for every model that was asked for; those whose engine is not up read zero. */
  readonly readEngines: () => readonly EngineReading[];
  readonly readMemory: () => MemoryReading;
  readonly readPlugins: () => PluginReading;
  readonly readUpstreams: () => readonly UpstreamReading[];
};

/**
 * Collects without the metrics library until `load`, because importing it takes longer than all the rest of the
 * program's start.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const pending: ((instruments: Instruments) => void)[] = [];
  const known = new Set<string>();
  let instruments: Instruments | undefined;
  let loading: Promise<Instruments> | undefined;

  function observe(action: (instruments: Instruments) => void): void {
    if (instruments) action(instruments);
    else if (pending.length < maxPendingObservations) pending.push(action);
  }
  async function createAndFeed(): Promise<Instruments> {
    const { createInstruments } = await import("./instruments.ts");
    const created = createInstruments(options);
    instruments = created;
    for (const action of pending.splice(0)) action(created);
    return created;
  }
  function load(): Promise<Instruments> {
    loading ??= createAndFeed();
    return loading;
  }
  /** All models of a server elsewhere share one label: which there are is not known here. */
  function findUpstreamLabel(model: string): string | undefined {
    const label = model.slice(model.lastIndexOf("@"));
    return options.readUpstreams().some(({ upstream }) => label === `@${upstream}`) ? label : undefined;
  }
  function labelOf(model: string | undefined): string {
    if (model === undefined) return "";
    if (!known.has(model)) for (const reading of options.readEngines()) known.add(reading.model);
    return known.has(model) ? model : (findUpstreamLabel(model) ?? unknownModel);
  }
  return {
    ...createDecisionMetrics(observe),
    requestFinished(request) {
      const model = labelOf(request.model);
      observe((sink) => observeRequest(sink, model, request));
    },
    generationFinished(generation) {
      const model = labelOf(generation.model);
      observe((sink) => observeGeneration(sink, model, generation));
    },
    stepFinished: (model, durationMs) =>
      observe((sink) => sink.step.observe({ model }, durationMs / msPerSecond)),
    modelLoaded: (model, load) => observe((sink) => observeLoad(sink, model, load)),
    gpuFellBack: (model, device) => observe((sink) => sink.gpuFallbacks.inc({ model, device })),
    modelUnloaded: (model, reason) => observe((sink) => sink.evictions.inc({ model, reason })),
    modelAsked: (found) =>
      observe((sink) => (found === "hit" ? sink.cacheHits : sink.cacheMisses).inc({ cache_type: "model" })),
    modelPreloaded: () => observe((sink) => sink.preloads.inc()),
    roomWaited: (durationMs) => observe((sink) => sink.roomWait.observe(durationMs / msPerSecond)),
    pluginCalled: (call) => observe((sink) => observePlugin(sink, call)),
    pluginQuarantined: (plugin) => observe((sink) => sink.pluginQuarantines.inc({ plugin })),
    pluginHostEnded: (plugin) => observe((sink) => sink.pluginRestarts.inc({ plugin })),
    load: async () => void (await load()),
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    text: async () => (await load()).registry.metrics(),
  };
}

function observeRequest(sink: Instruments, model: string, request: RequestObservation): void {
  const { route, method } = request;
  sink.requests.inc({ route, method, status: String(request.status), model });
  sink.requestDuration.observe({ route, model }, request.durationMs / msPerSecond);
  if (request.errorCode !== undefined)
    sink.requestErrors.inc({ route, error_type: request.errorCode, model });
}

function observeLoad(sink: Instruments, model: string, { durationMs, phases }: LoadObservation): void {
  sink.load.observe({ model }, durationMs / msPerSecond);
  for (const [phase, phaseMs] of Object.entries(phases))
    sink.loadPhase.observe({ model, phase }, phaseMs / msPerSecond);
}

function observePlugin(sink: Instruments, call: PluginObservation): void {
  const { plugin, outcome, memoryBytes } = call;
  sink.pluginCalls.inc({ plugin, outcome });
  sink.pluginCall.observe({ plugin, function: call.function, outcome }, call.durationMs / msPerSecond);
  if (memoryBytes > 0) sink.pluginMemory.set({ plugin }, memoryBytes);
}

function observeGeneration(sink: Instruments, model: string, generation: GenerationObservation): void {
  sink.generations.inc({ model, outcome: generation.outcome });
  sink.endToEnd.observe({ model }, generation.e2eMs / msPerSecond);
  if (generation.ttftMs !== undefined) sink.firstToken.observe({ model }, generation.ttftMs / msPerSecond);
  if (generation.timings) sink.queueTime.observe({ model }, generation.timings.queueMs / msPerSecond);
  const gaps = sink.interToken.labels({ model });
  for (const gapMs of generation.interTokenMs) gaps.observe(gapMs / msPerSecond);
  if (!generation.usage) return;
  const { promptTokens, cachedTokens, completionTokens } = generation.usage;
  sink.promptTokens.inc({ model }, promptTokens);
  sink.generationTokens.inc({ model }, completionTokens);
  sink.prefixQueries.inc({ model }, promptTokens);
  sink.prefixHits.inc({ model }, cachedTokens);
}
