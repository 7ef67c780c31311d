import { AppError, toAppError } from "../base/index.ts";
import type { ModelDescription } from "../contract/index.ts";
import type { AskedModel, Engine, LoadRequest, ModelEntry, ResidentModel } from "../engine/index.ts";
import type { ModelCapabilities, ModelSummary } from "../models/index.ts";

export const vectorLength = 8;
const modelBytes = 1_000_000;
/** What a load is said to have taken. */
const fakeLoadMs = 5;

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

/** Which of the scripted engine's models are up, without any memory to share. */
export class FakeResidency {
  readonly loads: (LoadRequest & { readonly model: string })[] = [];
  readonly #options: FakeResidencyOptions;
  readonly #models: readonly FakeModel[];
  readonly #summary: ModelSummary;
  readonly #asked = new Set<string>();
  readonly #counts = { hits: 0, misses: 0, preloads: 0 };
  #isClosed = false;

  constructor(options: FakeResidencyOptions) {
    const { contextTokens, isLoaded, capabilities } = options;
    this.#options = options;
    this.#summary = summarizeFake(contextTokens, capabilities);
    this.#models = options.models.map((id) => ({
      id,
      state: isLoaded ? "ready" : "stopped",
      contextTokens,
      active: 0,
    }));
  }

  entries(): ModelEntry[] {
    return this.#models.map((model) => this.#toEntry(model));
  }

  /** Throws model_not_found. */
  get(name: string): ModelEntry {
    return this.#toEntry(this.#getModel(name));
  }

  asked(): readonly AskedModel[] {
    return this.#models
      .filter(({ id, state }) => state !== "stopped" || this.#asked.has(id))
      .map(({ id, state }) => ({ id, state }));
  }

  isReady(): boolean {
    return !this.#isClosed && this.#models.some(({ state }) => state === "ready" || state === "stopped");
  }

  close(): void {
    this.setState("stopped");
    this.#isClosed = true;
  }

  setState(state: ModelEntry["state"], name?: string): void {
    for (const model of this.#models) if (name === undefined || model.id === name) model.state = state;
  }

  async load(name: string, request: LoadRequest = {}, signal?: AbortSignal): Promise<ModelDescription> {
    signal?.throwIfAborted();
    const model = this.#getModel(name);
    this.loads.push({ model: model.id, ...request });
    await this.#bringUp(model, request);
    return describeFake(model, this.#summary);
  }

  async unload(name: string): Promise<boolean> {
    const model = this.#getModel(name);
    if (model.state !== "ready") return false;
    model.state = "stopped";
    return true;
  }

  /** Brings the model up for an answer, until `release`. */
  async use(name: string, request: LoadRequest, signal: AbortSignal): Promise<{ readonly loadMs: number }> {
    const model = this.#getModel(name);
    model.active++;
    const found = await this.#bringUp(model, request);
    if (signal.aborted) throw new AppError("cancelled", "The request was cancelled.");
    if (found === "hit") this.#counts.hits++;
    else this.#counts.misses++;
    return { loadMs: found === "hit" ? 0 : fakeLoadMs };
  }

  release(name: string, request: LoadRequest): void {
    const model = this.#findModel(name);
    if (!model) return;
    model.active = Math.max(0, model.active - 1);
    if (request.keepAliveMs === 0 && model.active === 0) model.state = "stopped";
  }

  async preload(names: readonly string[], { maxModels }: { readonly maxModels: number }) {
    const wanted = names.map((name) => this.#getModel(name)).filter(({ state }) => state !== "ready");
    const chosen = wanted.slice(0, maxModels);
    for (const model of chosen) await this.#bringUp(model, {});
    this.#counts.preloads += chosen.length;
    const left = wanted.slice(maxModels).map(({ id }) => id);
    return { loaded: chosen.map(({ id }) => id), failed: [], left };
  }

  resident(): readonly ResidentModel[] {
    return this.#models.filter(({ state }) => state === "ready" || state === "loading").map(toResident);
  }

  stats(): ReturnType<Engine["residencyStats"]> {
    const { hits, misses } = this.#counts;
    const { length } = this.#models;
    const up = this.#models.filter(({ state }) => state === "ready").length;
    return {
      ...this.#counts,
      evictions: 0,
      hitRatePercent: hits + misses === 0 ? 0 : (100 * hits) / (hits + misses),
      waiting: 0,
      budgetBytes: modelBytes * length,
      deviceBudgetBytes: 0,
      maxModels: length,
      usedBytes: modelBytes * up,
      usedDeviceBytes: 0,
    };
  }

  #findModel(name: string): FakeModel | undefined {
    return this.#models.find(({ id }) => id === name || id === `${name}:latest`);
  }

  #getModel(name: string): FakeModel {
    const model = this.#findModel(name);
    if (model) return model;
    throw new AppError("model_not_found", `The model "${name}" is not served here.`);
  }

  async #bringUp(model: FakeModel, { contextTokens, keepAliveMs }: LoadRequest): Promise<"hit" | "miss"> {
    this.#asked.add(model.id);
    const found = model.state === "ready" ? "hit" : "miss";
    if (found === "miss") {
      model.load ??= this.#start(model);
      await model.load;
    }
    if (contextTokens !== undefined)
      model.contextTokens = Math.min(contextTokens, this.#options.contextTokens);
    if (keepAliveMs !== undefined) setExpiry(model, keepAliveMs);
    return found;
  }

  async #start(model: FakeModel): Promise<void> {
    model.state = "loading";
    try {
      await this.#options.loading(model.id);
      model.state = "ready";
    } catch (error) {
      model.state = "failed";
      model.lastError = toAppError(error).message;
      throw error;
    } finally {
      delete model.load;
    }
  }

  #toEntry(model: FakeModel): ModelEntry {
    return {
      id: model.id,
      createdAtSeconds: 1_700_000_000,
      state: model.state,
      summary: this.#summary,
      ...(model.state === "ready" ? { description: describeFake(model, this.#summary) } : {}),
      ...(model.lastError === undefined ? {} : { lastError: model.lastError }),
    };
  }
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
    loadMs: isUp ? fakeLoadMs : 0,
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
