/** Decides, before anything is loaded, how a model is to be loaded and what that takes. */
import {
  type Demand,
  type EstimateOptions,
  estimateMemory,
  type GgufHeader,
  type MemoryEstimate,
  type ModelRecord,
  type ModelSettings,
  planGpuLayers,
  readFileHeader,
  readLoadSettings,
} from "../models/index.ts";
import type { HostPlan } from "./model-host.ts";
import type { EngineOptions } from "./options.ts";

/** A host that takes this much more than was estimated is broken or hostile. */
const memoryLimitFactor = 2;
const memoryLimitSpareBytes = 2 ** 30;
const maxCachedPlans = 256;

export type LoadPlan = {
  readonly demand: Demand;
  readonly host: HostPlan;
  readonly estimate: MemoryEstimate;
};

/** Headers of a model's files, as they lie on disk or elsewhere. */
export type ModelHeaders = {
  readonly model: readonly GgufHeader[];
  readonly adapters: readonly GgufHeader[];
};

export type LoadPlanner = {
  /** What a model that is not here would take. */
  estimate(headers: ModelHeaders, contextTokens: number | undefined): MemoryEstimate;
  /** For a context of so many tokens, or the usual one where that is longer. Throws AppError where a file cannot be read. */
  plan(record: ModelRecord, contextTokens: number | undefined): LoadPlan;
};

export type PlannerOptions = Omit<EngineOptions, "catalog" | "hosts" | "loadTimeoutMs" | "queue">;

export function createLoadPlanner(options: PlannerOptions): LoadPlanner {
  const plans = new Map<string, LoadPlan>();
  return {
    estimate: (headers, contextTokens) =>
      estimateLoad(headers, chooseSettings({}, options), contextTokens, options),
    plan(record, contextTokens) {
      const key = `${record.digest} ${contextTokens ?? ""}`;
      const plan = plans.get(key) ?? createPlan(record, contextTokens, options);
      plans.delete(key);
      plans.set(key, plan);
      for (const oldest of plans.keys()) {
        if (plans.size <= maxCachedPlans) break;
        plans.delete(oldest);
      }
      return plan;
    },
  };
}

function createPlan(
  record: ModelRecord,
  contextTokens: number | undefined,
  options: PlannerOptions,
): LoadPlan {
  const settings = chooseSettings(record.settings, options);
  const estimate = estimateLoad(readHeaders(record), settings, contextTokens, options);
  return {
    estimate,
    demand: toDemand(record, estimate),
    host: toHostPlan(record, settings, estimate, options),
  };
}

function readHeaders({ layers }: ModelRecord): ModelHeaders {
  const read = (wanted: "model" | "adapter") =>
    layers.filter(({ role }) => role === wanted).map(({ path }) => readFileHeader(path));
  return { model: read("model"), adapters: read("adapter") };
}

/** For the context that is asked for, or the usual one where that is longer. */
function estimateLoad(
  headers: ModelHeaders,
  settings: ChosenSettings,
  contextTokens: number | undefined,
  options: PlannerOptions,
): MemoryEstimate {
  const usual = estimateContext(headers, settings, settings.contextTokens, options);
  if (contextTokens === undefined || contextTokens <= usual.contextTokens) return usual;
  return estimateContext(headers, settings, contextTokens, options);
}

type ChosenSettings = {
  readonly contextTokens: number | undefined;
  readonly gpuLayers: number;
  readonly threads: number | undefined;
};

/** What the user set wins over the model's own PARAMETERs, and those over what the mode says. */
function chooseSettings(settings: ModelSettings, options: PlannerOptions): ChosenSettings {
  const own = readLoadSettings(settings);
  return {
    contextTokens: options.contextTokens ?? own.contextTokens,
    gpuLayers: options.hasGpu ? (own.gpuLayers ?? options.gpuLayers) : 0,
    threads: options.threads ?? own.threads,
  };
}

function estimateContext(
  { model, adapters }: ModelHeaders,
  { gpuLayers, threads }: ChosenSettings,
  contextTokens: number | undefined,
  options: PlannerOptions,
): MemoryEstimate {
  const wish = {
    parallel: options.parallel,
    kvType: options.kvType,
    memoryBytes: options.residency.budgetBytes,
    adapters,
    ...(contextTokens !== undefined && { contextTokens }),
    ...(options.kvTokens !== undefined && { kvTokens: options.kvTokens }),
    ...(threads !== undefined && { threads }),
  };
  return estimateMemory(model, { ...wish, gpuLayers: fitGpuLayers(model, wish, gpuLayers, options) });
}

/** As many layers as are wanted and fit; a GPU that is too small for all takes some. */
function fitGpuLayers(
  headers: readonly GgufHeader[],
  wish: Omit<EstimateOptions, "gpuLayers">,
  wanted: number,
  { residency }: PlannerOptions,
): number {
  if (wanted === 0) return 0;
  const fitting = planGpuLayers(headers, wish, residency.deviceBudgetBytes);
  return wanted < 0 ? fitting : Math.min(wanted, fitting);
}

function toDemand(record: ModelRecord, estimate: MemoryEstimate): Demand {
  return {
    bytes: estimate.hostBytes,
    deviceBytes: estimate.deviceBytes,
    contextTokens: estimate.contextTokens,
    variant: record.digest,
  };
}

function toHostPlan(
  record: ModelRecord,
  { gpuLayers, threads }: ChosenSettings,
  estimate: MemoryEstimate,
  options: PlannerOptions,
): HostPlan {
  const { libraryDir, parallel, kvType, prefixCacheBytes, stateDir, chatTemplate, memoryLimitBytes } =
    options;
  const adapters = record.layers
    .filter(({ role }) => role === "adapter")
    .map(({ path }, index) => ({ name: `${record.name}#${index}`, path }));
  const expectedBytes = estimate.totalBytes * memoryLimitFactor + prefixCacheBytes + memoryLimitSpareBytes;
  return {
    load: {
      libraryDir,
      modelPath: record.layers.find(({ role }) => role === "model")?.path ?? "",
      context: estimate.plan,
      parallel,
      kvType,
      gpuLayers: options.hasGpu ? gpuLayers : options.gpuLayers,
      layers: estimate.layers,
      ...(options.hasGpu && { firstGpuLayers: estimate.layersOnDevice }),
      prefixCacheBytes,
      adapters,
      defaultAdapters: adapters.map(({ name }) => ({ name, scale: 1 })),
      ...(threads !== undefined && { threads }),
      ...(stateDir !== undefined && { stateDir }),
      ...(chatTemplate !== undefined && { chatTemplate }),
    },
    memoryLimitBytes: Math.min(expectedBytes, memoryLimitBytes ?? expectedBytes),
  };
}
