import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import { applySettings, type Lease, type ModelRecord, type PreloadResult } from "../models/index.ts";
import { locateAdapters } from "./adapters.ts";
import type { AskedModel, Engine, EngineStats, LoadRequest, ModelEntry } from "./engine.ts";
import { createEngineModels, type EngineModel } from "./engine-models.ts";
import { createEngineResidency, type PreloadOptions } from "./engine-residency.ts";
import type { ModelHost } from "./model-host.ts";
import type { EngineObserver, EngineOptions } from "./options.ts";
import { createHostSource } from "./spare-host.ts";

const msPerSecond = 1000;

/** An engine of one host process a loaded model. Models are loaded on first use and leave as residency decides. */
export function createEngine(options: EngineOptions, observer: EngineObserver): Engine {
  const { catalog } = options;
  const source = options.hosts ?? createHostSource();
  const models = createEngineModels(catalog, options, source, observer, (id, host) =>
    residency.lost(id, host),
  );
  const residency = createEngineResidency(models, options, observer);
  let isPreloading = false;

  /** Keeps a place in the model's queue, and the model itself in memory, while `work` runs. */
  async function use<T>(
    name: string,
    signal: AbortSignal | undefined,
    work: (host: ModelHost) => Promise<T>,
    request: LoadRequest = {},
  ): Promise<T> {
    const model = await models.get(name);
    const leave = model.places.take(1);
    try {
      using lease = await residency.acquire(model, request, signal);
      return await work(lease.loaded);
    } finally {
      leave();
    }
  }

  async function* generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    const model = await models.get(request.model);
    const leave = model.places.take(request.choices);
    try {
      const prepared = prepare(model, request);
      using lease = await residency.acquire(model, prepared, signal);
      catalog.recordUse(model.record.name);
      const adapters = await locateAdapters(catalog, prepared.adapters);
      for await (const event of lease.loaded.generate(prepared, signal, adapters))
        yield withLoadTime(event, lease);
    } finally {
      leave();
    }
  }

  async function preload(names: readonly string[], preloadOptions: PreloadOptions): Promise<PreloadResult> {
    const found: EngineModel[] = [];
    const missing: { id: string; error: unknown }[] = [];
    for (const name of names) {
      try {
        found.push(await models.get(name));
      } catch (error) {
        missing.push({ id: name, error });
      }
    }
    const result = await residency.preload(found, preloadOptions);
    return { ...result, failed: [...missing, ...result.failed] };
  }

  return {
    models: async () => (await catalog.list()).map((record) => toEntry(record, models.peek(record))),
    async find(name) {
      const model = await models.get(name);
      return toEntry(model.record, model);
    },
    load: async (name, request, signal) =>
      await use(name, signal, async (host) => await host.describe(signal), request),
    // A model that was removed may be in memory still.
    unload: async (name) => await residency.unload((models.byName(name) ?? (await models.get(name))).id),
    resident: residency.resident,
    residencyStats: residency.stats,
    async preload(names, preloadOptions) {
      isPreloading = true;
      try {
        return await preload(names, preloadOptions);
      } finally {
        isPreloading = false;
      }
    },
    generate,
    embed: async ({ model, inputs }, signal) =>
      await use(model, signal, async (host) => {
        catalog.recordUse(model);
        return await host.call({ type: "embed", inputs }, "vectors", signal);
      }),
    rerank: async ({ model, query, documents }, signal) =>
      await use(model, signal, async (host) => {
        catalog.recordUse(model);
        return await host.call({ type: "rerank", query, documents }, "scores", signal);
      }),
    tokenize: async (model, text, special) =>
      await use(
        model,
        undefined,
        async (host) => await host.call({ type: "tokenize", text, ...special }, "tokens"),
      ),
    detokenize: async (model, tokens) =>
      await use(
        model,
        undefined,
        async (host) => (await host.call({ type: "detokenize", tokens }, "text")).text,
      ),
    async applyTemplate(request) {
      const prepared = prepare(await models.get(request.model), request);
      const render = async (host: ModelHost) =>
        (await host.call({ type: "render", request: prepared }, "text")).text;
      return await use(request.model, undefined, render, prepared);
    },
    estimate: residency.estimate,
    estimateRemote: residency.estimateRemote,
    adapt(limits) {
      residency.adapt(limits);
      const { parallel, threads } = limits;
      for (const { host } of models.all())
        host.limit({ parallel, ...(threads !== undefined && { threads }) });
    },
    asked: () => models.all().map(toAsked),
    stats(name) {
      const model = models.byName(name);
      return model && toStats(model);
    },
    isReady() {
      const asked = models.all();
      if (asked.some(({ host }) => host.state === "ready")) return true;
      return !isPreloading && asked.every(({ host }) => host.state === "stopped");
    },
    async stop(deadline) {
      await Promise.all(models.all().map(({ places }) => places.close(deadline)));
      await residency.stop(deadline);
      await Promise.all(models.all().map(({ host }) => host.stop()));
      source.close();
    },
  };
}

/** The request as the model's own settings complete it. */
function prepare({ record }: EngineModel, request: GenerateRequest): GenerateRequest {
  return applySettings(record.settings, request);
}

function toAsked({ id, host: { state, lastError } }: EngineModel): AskedModel {
  return { id, state, ...(lastError !== undefined && { lastError }) };
}

function withLoadTime(event: GenerateEvent, { loadMs }: Lease<ModelHost>): GenerateEvent {
  return event.type === "done" ? { ...event, timings: { ...event.timings, loadMs } } : event;
}

function toEntry(record: ModelRecord, model: EngineModel | undefined): ModelEntry {
  const description = model?.host.description;
  const lastError = model?.host.lastError;
  return {
    id: record.name,
    createdAtSeconds: Math.floor(record.modifiedAtMs / msPerSecond),
    state: model?.host.state ?? "stopped",
    summary: record.summary,
    ...(description && { description: { ...description, id: record.name } }),
    ...(lastError !== undefined && { lastError }),
  };
}

function toStats({ host, places }: EngineModel): EngineStats {
  // A host reports when it makes a step, so what it last said of a request may outlive the request.
  const running = Math.min(host.stats.running, places.taken);
  return {
    ...host.stats,
    running,
    waiting: places.taken - running,
    restarts: host.restarts,
    hostMemoryBytes: host.memoryBytes,
  };
}
