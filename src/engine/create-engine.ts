import { availableParallelism } from "node:os";
import { isAdapter, limitToTemplate, type ModelRecord } from "../models/index.ts";
import type { AskedModel, Engine, EngineStats, ModelEntry } from "./engine.ts";
import { createEngineCalls } from "./engine-calls.ts";
import { createEngineModels, type EngineModel } from "./engine-models.ts";
import { createEngineResidency } from "./engine-residency.ts";
import type { EngineObserver, EngineOptions } from "./options.ts";
import { preloadByName } from "./preload.ts";
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
  /** What the server was started to serve: only that decides whether it is ready while nothing is loaded. */
  const preloaded = new Set<string>();

  return {
    models: async () =>
      (await catalog.list())
        .filter((record) => !isAdapter(record))
        .map((record) => toEntry(record, models.peek(record))),
    async find(name) {
      const model = await models.get(name);
      return toEntry(model.record, model);
    },
    // A model that was removed may be in memory still.
    unload: async (name) => await residency.unload((models.byName(name) ?? (await models.get(name))).id),
    resident: residency.resident,
    residencyStats: residency.stats,
    async preload(names, preloadOptions) {
      isPreloading = true;
      try {
        const result = await preloadByName(names, models, residency, preloadOptions);
        for (const id of [...result.loaded, ...result.failed.map((failure) => failure.id)]) preloaded.add(id);
        return result;
      } finally {
        isPreloading = false;
      }
    },
    ...createEngineCalls(catalog, models, residency),
    estimate: residency.estimate,
    estimateRemote: residency.estimateRemote,
    adapt(limits) {
      residency.adapt(limits);
      // A host takes no more threads than it was loaded with, so all cores are as many as it can have.
      const { parallel, threads = availableParallelism() } = limits;
      for (const { host } of models.all()) host.limit({ parallel, threads });
    },
    asked: () => models.all().map(toAsked),
    stats(name) {
      const model = models.byName(name);
      return model && toStats(model);
    },
    isReady() {
      const all = models.all();
      if (all.some(({ host }) => host.state === "ready")) return true;
      return !isPreloading && all.every(({ id, host }) => host.state === "stopped" || !preloaded.has(id));
    },
    async stop(deadline) {
      await Promise.all(models.all().map(({ places }) => places.close(deadline)));
      await residency.stop(deadline);
      await Promise.all(models.all().map(({ host }) => host.stop()));
      source.close();
    },
  };
}

function toAsked({ id, host: { state, lastError } }: EngineModel): AskedModel {
  return { id, state, ...(lastError !== undefined && { lastError }) };
}

function toEntry(record: ModelRecord, model: EngineModel | undefined): ModelEntry {
  const description = model?.host.description;
  const lastError = model?.host.lastError;
  return {
    id: record.name,
    createdAtSeconds: Math.floor(record.modifiedAtMs / msPerSecond),
    state: model?.host.state ?? "stopped",
    summary: record.summary,
    ...(description && {
      description: {
        ...description,
        id: record.name,
        capabilities: limitToTemplate(description.capabilities, record.settings),
      },
    }),
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
    isCircuitOpen: host.isCircuitOpen,
  };
}
