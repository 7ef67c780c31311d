/** Which models' processes are up: binds the residency policy to hosts and their memory. */
import { AppError, toAppError } from "../base/index.ts";
import {
  createResidency,
  type Demand,
  type GgufHeader,
  type Lease,
  type MemoryEstimate,
  type ModelRecord,
  type PreloadResult,
  type ResidencyStats,
} from "../models/index.ts";
import { systemClock } from "../resilience/index.ts";
import type { EngineLimits, LoadRequest, ResidentModel } from "./engine.ts";
import type { EngineModel, EngineModels } from "./engine-models.ts";
import { createLoadPlanner } from "./load-planner.ts";
import type { HostPlan, ModelHost } from "./model-host.ts";
import type { EngineObserver, EngineOptions } from "./options.ts";

/** Requests that may wait for room, of all models together; each model's own queue ends before that. */
const maxWaiting = 10_000;

export type PreloadOptions = { readonly maxModels: number; readonly signal: AbortSignal };

export type EngineResidency = {
  /** Waits for room and for the load. Throws model_too_large at once where it can never fit. */
  acquire(
    model: EngineModel,
    request: LoadRequest,
    signal: AbortSignal | undefined,
  ): Promise<Lease<ModelHost>>;
  unload(id: string): Promise<boolean>;
  preload(models: readonly EngineModel[], options: PreloadOptions): Promise<PreloadResult>;
  resident(): readonly ResidentModel[];
  stats(): ResidencyStats;
  estimate(record: ModelRecord, contextTokens?: number): MemoryEstimate;
  estimateRemote(headers: readonly GgufHeader[], contextTokens?: number): MemoryEstimate;
  /** Holds for later loads; fewer models are kept from now on. */
  adapt(limits: EngineLimits): void;
  lost(id: string, host: ModelHost): void;
  stop(deadline: AbortSignal): Promise<void>;
};

export function createEngineResidency(
  models: EngineModels,
  options: EngineOptions,
  observer: EngineObserver,
): EngineResidency {
  let planner = createLoadPlanner(options);
  /** What was planned for a demand holds when its turn comes, whatever limits have changed since. */
  const hostPlans = new WeakMap<Demand, HostPlan>();
  const never = new AbortController().signal;
  const residency = createResidency<ModelHost>(
    { ...options.residency, maxWaiting },
    {
      clock: systemClock,
      async load(id, demand, signal) {
        const model = models.byId(id);
        const plan = hostPlans.get(demand);
        if (!model || !plan)
          throw new AppError("server_error", `nothing is known of the model ${id} that was to be loaded`);
        try {
          await model.host.load(plan, signal);
          return model.host;
        } catch (error) {
          // A load that nobody wants any more must not go on: its room is given away with this rejection.
          if (signal.aborted) await model.host.unload();
          throw error;
        }
      },
      unload: async (_, host) => await host.unload(),
      observer: {
        hit: (id) => observer.modelAsked(id, "hit"),
        miss: (id) => observer.modelAsked(id, "miss"),
        loaded: sharePrefixCache,
        preloaded: (id) => observer.modelPreloaded(id),
        evicted(id, reason) {
          observer.modelUnloaded(id, reason);
          sharePrefixCache();
        },
        waited: (id, durationMs) => observer.roomWaited(id, durationMs),
        unloadFailed: (id, error) => observer.unloadFailed(id, toAppError(error)),
      },
    },
  );

  /** Parked prefixes of all models share one limit: what one has when alone it gives up when others come. */
  function sharePrefixCache(): void {
    const hosts = residency
      .snapshot()
      .filter(({ state }) => state === "ready")
      .flatMap(({ id }) => models.byId(id)?.host ?? []);
    const prefixCacheBytes = Math.floor(options.prefixCacheBytes / Math.max(1, hosts.length));
    for (const host of hosts) host.limit({ prefixCacheBytes });
  }

  function planDemand(record: ModelRecord, contextTokens?: number, keepAliveMs?: number): Demand {
    const plan = planner.plan(record, contextTokens);
    // Limits that have changed since a model was loaded give it another usual context; only one asked for loads it anew.
    const demand = {
      ...plan.demand,
      minContextTokens: contextTokens ?? 0,
      ...(keepAliveMs !== undefined && { keepAliveMs }),
    };
    hostPlans.set(demand, plan.host);
    return demand;
  }

  async function acquire(
    model: EngineModel,
    { contextTokens, keepAliveMs }: LoadRequest,
    signal: AbortSignal = never,
  ): Promise<Lease<ModelHost>> {
    const demand = planDemand(model.record, contextTokens, keepAliveMs);
    return await residency.acquire(model.id, demand, signal);
  }

  function toResidentModel(resident: ReturnType<typeof residency.snapshot>[number]): ResidentModel {
    const host = models.byId(resident.id)?.host;
    const { id, state, bytes, deviceBytes, active, isPinned, expiresAtMs, loadedAtMs, loadMs } = resident;
    const description = state === "loading" ? undefined : host?.description;
    return {
      id,
      state,
      estimatedBytes: bytes,
      deviceBytes,
      hostMemoryBytes: host?.memoryBytes ?? 0,
      contextTokens: description?.contextTokens ?? 0,
      ...(description && { placement: description.placement }),
      activeRequests: active,
      isPinned,
      ...(expiresAtMs !== undefined && { expiresAtMs: toEpochMs(expiresAtMs) }),
      loadedAtMs: toEpochMs(loadedAtMs),
      loadMs,
    };
  }

  return {
    acquire,
    unload: async (id) => await residency.unload(id),
    preload: async (wanted, preloadOptions) =>
      await residency.preload(
        wanted.map(({ id, record }) => ({ id, demand: planDemand(record) })),
        preloadOptions,
      ),
    resident: () => residency.snapshot().map(toResidentModel),
    stats: () => residency.stats(),
    estimateRemote: (model, contextTokens) => planner.estimate({ model, adapters: [] }, contextTokens),
    estimate: (record, contextTokens) => planner.plan(record, contextTokens).estimate,
    adapt(limits) {
      const { maxModels, ...load } = limits;
      planner = createLoadPlanner({ ...options, ...load });
      residency.setLimits({ ...options.residency, maxModels });
    },
    lost: (id, host) => residency.lost(id, host),
    stop: async (deadline) => await residency.stop(deadline),
  };
}

/** Residency counts in monotonic time; listings show the time of day. */
function toEpochMs(monotonicMs: number): number {
  return Math.round(Date.now() - systemClock.nowMs() + monotonicMs);
}
