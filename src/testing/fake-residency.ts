import { AppError, toAppError } from "../base/index.ts";
import type { ModelDescription } from "../contract/index.ts";
import type { Engine, LoadRequest, ModelEntry, ResidentModel } from "../engine/index.ts";
import type { ModelCapabilities, ModelSummary } from "../models/index.ts";

export const vectorLength = 8;
const modelBytes = 1_000_000;
/** What a load is said to have taken. */
const loadMs = 5;

export type FakeResidencyOptions = {
  readonly models: readonly string[];
  readonly contextTokens: number;
  readonly isLoaded: boolean;
  readonly loading: (model: string) => Promise<void>;
  readonly capabilities: Partial<ModelCapabilities>;
};

type FakeModel = {
  readonly id: string;
  state: ModelEntry["state"];
  contextTokens: number;
  active: number;
  lastError?: string;
  expiresAtMs?: number;
  load?: Promise<void>;
};

export type FakeResidency = ReturnType<typeof createFakeResidency>;

/** Which of the scripted engine's models are up, without any memory to share. */
export function createFakeResidency(options: FakeResidencyOptions) {
  const { contextTokens } = options;
  const models: readonly FakeModel[] = options.models.map((id) => ({
    id,
    state: options.isLoaded ? "ready" : "stopped",
    contextTokens,
    active: 0,
  }));
  const loads: (LoadRequest & { readonly model: string })[] = [];
  const asked = new Set<string>();
  const summary = summarizeFake(contextTokens, options.capabilities);
  let hits = 0;
  let misses = 0;
  let preloads = 0;
  let isClosed = false;

  const toEntry = (model: FakeModel): ModelEntry => ({
    id: model.id,
    createdAtSeconds: 1_700_000_000,
    state: model.state,
    summary,
    ...(model.state === "ready" ? { description: describeFake(model, summary) } : {}),
    ...(model.lastError === undefined ? {} : { lastError: model.lastError }),
  });
  const getModel = (name: string): FakeModel => {
    const model = models.find(({ id }) => id === name || id === `${name}:latest`);
    if (model) return model;
    throw new AppError("model_not_found", `The model "${name}" is not served here.`);
  };
  const start = async (model: FakeModel) => {
    model.state = "loading";
    try {
      await options.loading(model.id);
      model.state = "ready";
    } catch (error) {
      model.state = "failed";
      model.lastError = toAppError(error).message;
      throw error;
    } finally {
      delete model.load;
    }
  };
  const bringUp = async (model: FakeModel, request: LoadRequest): Promise<"hit" | "miss"> => {
    asked.add(model.id);
    const found = model.state === "ready" ? "hit" : "miss";
    if (found === "miss") {
      model.load ??= start(model);
      await model.load;
    }
    if (request.contextTokens !== undefined)
      model.contextTokens = Math.min(request.contextTokens, contextTokens);
    if (request.keepAliveMs !== undefined) setExpiry(model, request.keepAliveMs);
    return found;
  };

  return {
    loads,
    entries: () => models.map(toEntry),
    get: (name: string) => toEntry(getModel(name)),
    asked: () => [...asked],
    isReady: () => !isClosed && models.some(({ state }) => state === "ready" || state === "stopped"),
    close() {
      isClosed = true;
    },
    setState(state: ModelEntry["state"], name?: string) {
      for (const model of models) if (name === undefined || model.id === name) model.state = state;
    },
    async load(name: string, request: LoadRequest = {}, signal?: AbortSignal): Promise<ModelDescription> {
      signal?.throwIfAborted();
      const model = getModel(name);
      loads.push({ model: model.id, ...request });
      await bringUp(model, request);
      return describeFake(model, summary);
    },
    async unload(name: string): Promise<boolean> {
      const model = getModel(name);
      if (model.state !== "ready") return false;
      model.state = "stopped";
      return true;
    },
    /** Brings the model up for an answer, until `release`. */
    async use(name: string, request: LoadRequest, signal: AbortSignal) {
      const model = getModel(name);
      model.active++;
      const found = await bringUp(model, request);
      if (signal.aborted) throw new AppError("cancelled", "The request was cancelled.");
      if (found === "hit") hits++;
      else misses++;
      return { loadMs: found === "hit" ? 0 : loadMs };
    },
    release(name: string, request: LoadRequest) {
      const model = models.find(({ id }) => id === name);
      if (!model) return;
      model.active = Math.max(0, model.active - 1);
      if (request.keepAliveMs === 0 && model.active === 0) model.state = "stopped";
    },
    async preload(names: readonly string[], limits: { readonly maxModels: number }) {
      const wanted = names.map(getModel).filter(({ state }) => state !== "ready");
      const chosen = wanted.slice(0, limits.maxModels);
      for (const model of chosen) await bringUp(model, {});
      preloads += chosen.length;
      const left = wanted.slice(limits.maxModels).map(({ id }) => id);
      return { loaded: chosen.map(({ id }) => id), failed: [], left };
    },
    resident: (): readonly ResidentModel[] =>
      models.filter(({ state }) => state === "ready" || state === "loading").map(toResident),
    stats: (): ReturnType<Engine["residencyStats"]> => {
      const up = models.filter(({ state }) => state === "ready").length;
      const total = hits + misses;
      return {
        hits,
        misses,
        evictions: 0,
        preloads,
        hitRatePercent: total === 0 ? 0 : (100 * hits) / total,
        waiting: 0,
        budgetBytes: modelBytes * models.length,
        deviceBudgetBytes: 0,
        maxModels: models.length,
        usedBytes: modelBytes * up,
        usedDeviceBytes: 0,
      };
    },
  };
}

function setExpiry(model: FakeModel, keepAliveMs: number): void {
  if (Number.isFinite(keepAliveMs)) model.expiresAtMs = Date.now() + keepAliveMs;
  else delete model.expiresAtMs;
}

function toResident(model: FakeModel): ResidentModel {
  const isUp = model.state === "ready";
  return {
    id: model.id,
    state: isUp ? "ready" : "loading",
    estimatedBytes: modelBytes,
    deviceBytes: 0,
    hostMemoryBytes: isUp ? modelBytes : 0,
    contextTokens: isUp ? model.contextTokens : 0,
    placement: { device: "cpu", gpuLayers: 0, failedAttempts: [] },
    activeRequests: model.active,
    isPinned: false,
    loadedAtMs: isUp ? 1_700_000_000_000 : 0,
    loadMs: isUp ? loadMs : 0,
    ...(model.expiresAtMs === undefined ? {} : { expiresAtMs: model.expiresAtMs }),
  };
}

/** What a scripted model is said to take. */
export function estimateFake(contextTokens: number): ReturnType<Engine["estimate"]> {
  const plan = { kvTokens: contextTokens, sequenceTokens: contextTokens, embedTokens: contextTokens };
  return {
    weightsBytes: modelBytes - contextTokens,
    kvBytes: contextTokens,
    computeBytes: 0,
    outputBytes: 0,
    projectorBytes: 0,
    adapterBytes: 0,
    runtimeBytes: 0,
    totalBytes: modelBytes,
    hostBytes: modelBytes,
    deviceBytes: 0,
    kvTokens: contextTokens,
    contextTokens,
    layers: 1,
    layersOnDevice: 0,
    plan: { ...plan, maxSequences: 1, batchTokens: 512, maxOutputs: 1 },
  };
}

/** What the file of a scripted model would say. */
export function summarizeFake(
  contextTokens: number,
  capabilities: Partial<ModelCapabilities> = {},
): ModelSummary {
  return {
    architecture: "fake",
    parameters: 1_234_567,
    quantisation: "F32",
    trainedContextTokens: contextTokens,
    embeddingLength: vectorLength,
    capabilities: {
      generate: true,
      chat: true,
      tools: true,
      reasoning: true,
      infill: false,
      embed: true,
      rerank: true,
      ...capabilities,
    },
  };
}

function describeFake(model: FakeModel, summary: ModelSummary): ModelDescription {
  return {
    id: model.id,
    architecture: summary.architecture,
    description: "a scripted model",
    parameters: summary.parameters,
    sizeBytes: modelBytes,
    vocabularySize: 256,
    embeddingLength: vectorLength,
    layers: 1,
    trainedContextTokens: summary.trainedContextTokens ?? model.contextTokens,
    contextTokens: model.contextTokens,
    placement: { device: "cpu", gpuLayers: 0, failedAttempts: [] },
    capabilities: summary.capabilities,
  };
}
