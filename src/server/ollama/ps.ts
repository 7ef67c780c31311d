import type { ModelPlacement } from "../../contract/index.ts";
import type { Engine, ResidentModel } from "../../engine/index.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { toModelHead, toTime } from "./details.ts";
import { toNanoseconds } from "./statistics.ts";

/** Ollama has no word for "as long as possible"; its command line shows a time this far away as "Forever". */
const farFuture = "9999-12-31T23:59:59Z";

export const psRoute: Route = {
  method: "get",
  path: "/api/ps",
  summary: "List the models in memory, and how often a request found its model there",
  group: "Ollama",
  access: "key",
  answers: "application/json",
  handle: handlePs,
};

async function handlePs(context: AppContext, { engine, library }: RouteDeps): Promise<Response> {
  const models = await Promise.all(
    engine.resident().map(async (resident) => {
      const record = (await library.find(resident.id)) ?? toGone(resident.id);
      return { ...toModelHead(record), ...toResident(resident) };
    }),
  );
  const broken = engine
    .asked()
    .filter(({ state }) => state === "failed")
    .map(({ id, lastError = "" }) => ({ name: id, error: lastError }));
  return context.json({ models, broken, residency: toResidency(engine.residencyStats()) });
}

/** A model that was removed while it still answers takes its memory until it has left. */
function toGone(name: string): Parameters<typeof toModelHead>[0] {
  const capabilities = { generate: false, chat: false, tools: false, reasoning: false };
  const summary = {
    architecture: "",
    parameters: 0,
    quantisation: "",
    capabilities: { ...capabilities, infill: false, embed: false, rerank: false },
  };
  return { name, digest: "", summary };
}

/** Ollama's fields, then our own. */
function toResident(resident: ResidentModel) {
  const { expiresAtMs, placement } = resident;
  return {
    size: resident.estimatedBytes,
    size_vram: resident.deviceBytes,
    expires_at: expiresAtMs === undefined ? farFuture : toTime(expiresAtMs),
    context_length: resident.contextTokens,
    state: resident.state,
    pinned: resident.isPinned,
    active_requests: resident.activeRequests,
    host_memory: resident.hostMemoryBytes,
    loaded_at: toTime(resident.loadedAtMs),
    load_duration: toNanoseconds(resident.loadMs),
    ...(placement ? { placement: toPlacement(placement) } : {}),
  };
}

function toPlacement({ device, gpuLayers, failedAttempts }: ModelPlacement) {
  return {
    device,
    gpu_layers: gpuLayers,
    failed_attempts: failedAttempts.map((attempt) => ({
      gpu_layers: attempt.gpuLayers,
      reason: attempt.reason,
    })),
  };
}

function toResidency(stats: ReturnType<Engine["residencyStats"]>) {
  return {
    hits: stats.hits,
    misses: stats.misses,
    evictions: stats.evictions,
    preloads: stats.preloads,
    waiting: stats.waiting,
    budget: Math.floor(stats.budgetBytes),
    used: stats.usedBytes,
    budget_vram: Math.floor(stats.deviceBudgetBytes),
    used_vram: stats.usedDeviceBytes,
  };
}
