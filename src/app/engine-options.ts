/** What the configuration means to the engine: places, memory, how long models stay. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../base/index.ts";
import type { Config } from "../config/index.ts";
import { type Engine, type EngineLimits, readDevices, toLimits } from "../engine/index.ts";
import {
  createModeState,
  lookupNames,
  type ModelLibrary,
  memoryBudget,
  type PreloadStrategy,
  parseKeepAlive,
} from "../models/index.ts";
import type { EngineReading, UpstreamReading } from "../observability/index.ts";
import type { Upstream } from "../upstreams/index.ts";

export const bytesPerMiB = 2 ** 20;
/** Of the GPU memory that is free at start, what models may take. */
const gpuShare = 0.9;
const defaultKeepAlive = "5m";

/** The libraries inside know no GPU but Metal, so a look for one is worth its time with others only. */
export async function findGpuBytes(
  { gpuMemoryMiB, libraryDir: own }: Config,
  libraryDir: string,
): Promise<number> {
  if (gpuMemoryMiB !== undefined) return gpuMemoryMiB * bytesPerMiB;
  if (own === undefined && process.platform !== "darwin") return 0;
  const gpus = (await readDevices(libraryDir)).filter(({ gpu }) => gpu);
  return Math.floor(gpus.reduce((sum, { freeBytes }) => sum + freeBytes, 0) * gpuShare);
}

type EngineGround = {
  readonly library: ModelLibrary;
  readonly limits: EngineLimits;
  readonly libraryDir: string;
  readonly gpuBytes: number;
};

/** What the engine is told of the machine and of the configuration. */
export function toEngineOptions(config: Config, { library, limits, libraryDir, gpuBytes }: EngineGround) {
  const { queue, loadTimeoutMs, contextTokens, kvTokens } = config;
  return {
    ...{ ...limits, catalog: library, libraryDir, hasGpu: gpuBytes > 0, queue, loadTimeoutMs },
    residency: { ...chooseResidency(config, limits, library.configured), deviceBudgetBytes: gpuBytes },
    prefixCacheBytes: config.prefixCacheMiB * bytesPerMiB,
    memoryLimitBytes: config.hostMemoryMiB * bytesPerMiB,
    stateDir: join(config.home, "state"),
    ...(contextTokens !== undefined && { contextTokens }),
    ...(kvTokens !== undefined && { kvTokens }),
  };
}

/** What the user set wins over what the mode says. */
export function chooseLimits(config: Config): EngineLimits {
  return { ...toLimits(createModeState(config.mode).settings), ...givenLimits(config) };
}

export function givenLimits(config: Config): Partial<EngineLimits> {
  const { parallel, kvType, threads, maxModels } = config;
  // Without GPU memory to give, no layer may go there, found GPU or not.
  const gpuLayers = config.gpuMemoryMiB === 0 ? 0 : config.gpuLayers;
  return {
    ...(parallel !== undefined && { parallel }),
    ...(kvType !== undefined && { kvType }),
    ...(gpuLayers !== undefined && { gpuLayers }),
    ...(threads !== undefined && { threads }),
    ...(maxModels !== undefined && { maxModels }),
  };
}

function chooseResidency(config: Config, { maxModels }: EngineLimits, configured: readonly string[]) {
  return {
    budgetBytes: memoryBudget(config.memoryMiB),
    maxModels,
    policy: config.eviction,
    ...chooseKeepAlives(config, configured),
    pinned: config.pinnedModels.flatMap(lookupNames),
    priorities: new Map(config.modelPriorities.flatMap(readPriorities)),
  };
}

/** `5m` for all models, `name=5m` for one; those that are configured stay where nothing is said of them or of all. */
function chooseKeepAlives({ keepAlive }: Config, configured: readonly string[]) {
  const general = keepAlive.findLast((text) => !text.includes("="));
  const stay = general === undefined ? configured : [];
  const named = keepAlive.filter((text) => text.includes("=")).map(splitAtLast);
  return {
    keepAliveMs: parseKeepAlive(general ?? defaultKeepAlive) ?? 0,
    keepAlives: new Map([
      ...stay.map((name) => [name, Number.POSITIVE_INFINITY] as const),
      ...named.flatMap(([name, duration]) =>
        lookupNames(name).map((each) => [each, parseKeepAlive(duration) ?? 0] as const),
      ),
    ]),
  };
}

/** Names may hold no `=`, so what stands behind the last one is the value. */
function splitAtLast(text: string): readonly [name: string, value: string] {
  const separator = text.lastIndexOf("=");
  return [text.slice(0, separator), text.slice(separator + 1)];
}

function readPriorities(text: string): (readonly [name: string, priority: number])[] {
  const [name, priority] = splitAtLast(text);
  return lookupNames(name).map((each) => [each, Number(priority)] as const);
}

export function choosePreload({ preload, mode }: Config): PreloadStrategy | "off" {
  return preload ?? (createModeState(mode).settings.preloads ? "sequential" : "off");
}

export function willPreload(config: Config): boolean {
  return config.models.length > 0 && choosePreload(config) !== "off";
}

export async function readTemplate(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new AppError(
      "invalid_request",
      `the chat template ${path} cannot be read; give a file with a Jinja template`,
      { cause },
    );
  }
}

export function readUpstream(upstream: Upstream): UpstreamReading {
  return { upstream: upstream.config.name, isOpen: upstream.health().state !== "closed" };
}

export function readEngine(engine: Engine, model: string): EngineReading {
  const nothing = {
    running: 0,
    waiting: 0,
    kvUsedTokens: 0,
    kvTotalTokens: 0,
    prefixCacheBytes: 0,
    prefixCacheEntries: 0,
    restarts: 0,
    hostMemoryBytes: 0,
    isCircuitOpen: false,
  };
  return { model, ...nothing, ...engine.stats(model) };
}
