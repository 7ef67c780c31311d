/** The one place that builds the parts of Hearth and wires them together. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { versions as nativeVersions } from "../native/versions.ts";
import packageJson from "../package.json" with { type: "json" };
import { AppError, createDoor, type Door, toAppError } from "./base/index.ts";
import { type Config, readProcessInput } from "./config/index.ts";
import type { GenerateEvent, GenerateRequest } from "./contract/index.ts";
import {
  createGuestModels,
  createLazyGuestModels,
  type GenerationRecord,
  generate,
} from "./coordinator/index.ts";
import {
  createEngine,
  createEngineObserver,
  createHostSource,
  type Engine,
  type EngineLimits,
  type HostSource,
  locateLibraries,
  preloadAtStart,
  readDevices,
  readMachine,
  startAdaptation,
  toLimits,
} from "./engine/index.ts";
import type { JudgeDeps, Judges } from "./judges/index.ts";
import {
  createLibrary,
  createModeState,
  lookupNames,
  type ModelLibrary,
  memoryBudget,
  type PreloadStrategy,
  parseKeepAlive,
} from "./models/index.ts";
import {
  createLogger,
  createMetrics,
  type EngineReading,
  type Logger,
  type Metrics,
} from "./observability/index.ts";
import type { GuestModels, Plugins } from "./plugin-host/index.ts";
import { systemClock } from "./process/index.ts";
import type { RequestRecord, RunningServer } from "./server/index.ts";

const bytesPerMiB = 2 ** 20;
/** Of the GPU memory that is free at start, what models may take. */
const gpuShare = 0.9;
const defaultKeepAlive = "5m";

export type App = {
  readonly engine: Engine;
  readonly library: ModelLibrary;
  readonly logger: Logger;
  /** Names of the models that the configuration gives, in its order. */
  readonly models: readonly string[];
  /** What extends Hearth; opened at the first call. */
  plugins(): Promise<Plugins>;
  /** What judges answers and models; built at the first call. */
  judges(): Promise<Judges>;
  /** The one path of a request, as the HTTP routes take it. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  /** Loads the configured models as far as they fit; rejects with the first reason when none could be loaded. */
  load(): Promise<void>;
  /** Binds the HTTP server. */
  listen(): Promise<RunningServer>;
  /** Lets running answers end until the deadline aborts, then ends every host and closes the port. */
  stop(deadline: AbortSignal): Promise<void>;
};

/** Hearth and what it is made of. */
export const versions = {
  hearth: packageJson.version,
  "llama.cpp": nativeVersions.llamaCpp,
  bun: Bun.version,
} as const;

/** Every model at hand. Throws AppError for a configured file that is not there or is no model. */
export async function openLibrary(config: Config): Promise<ModelLibrary> {
  return await createLibrary({ ...config, discover: config.discover === "on" });
}

type PluginDeps = {
  readonly server?: { readonly models: GuestModels; readonly logger: Logger; readonly metrics: Metrics };
  /** Values of config keys that name a variable of the environment. */
  readonly readVariable?: (name: string) => string | undefined;
};

/** Plugins; for a command an application with models is built when one of them asks for a model. */
export async function openPlugins(
  config: Config,
  { server, readVariable = readEnvironment }: PluginDeps = {},
): Promise<Plugins> {
  const { createPluginObserver, createPlugins, silentObserver } = await import("./plugin-host/index.ts");
  const app = createDoor(() => createApp({ ...config, preload: "off", logLevel: "error" }));
  const plugins = createPlugins({
    home: config.home,
    trustedKeys: config.trustedKeys,
    requireSigned: config.requireSigned === "on",
    observer: server ? createPluginObserver(server) : silentObserver,
    readVariable,
    clock: systemClock,
    now: Date.now,
    models: server?.models ?? createLazyGuestModels(async () => toModelOptions(await app.open())),
  });
  return {
    ...plugins,
    async close() {
      await plugins.close();
      await app.opened?.stop(AbortSignal.abort());
    },
  };
}

function toModelOptions({ generate, engine, models }: App) {
  return { generate, engine, defaultModel: models[0] };
}

/** Judges; they and their database are there once somebody asks for them. */
async function openJudges(
  config: Config,
  parts: Pick<JudgeDeps, "generate" | "engine" | "plugins" | "database"> & { readonly library: ModelLibrary },
): Promise<Judges> {
  const { createJudges, systemJudgeClock } = await import("./judges/index.ts");
  return createJudges({
    ...parts,
    models: parts.library.configured,
    ...(config.embeddingModel !== undefined && { embeddingModel: config.embeddingModel }),
    clock: systemJudgeClock,
    random: Math.random,
  });
}

/** Builds the application. Throws AppError for a model file that is not there or is no model. */
export async function createApp(config: Config): Promise<App> {
  const logger = createLogger({
    format: config.logFormat,
    level: config.logLevel,
    secrets: [
      ...config.apiKeys,
      ...config.adminKeys,
      ...(config.huggingFaceToken === undefined ? [] : [config.huggingFaceToken]),
    ],
    stream: process.stderr,
  });
  const libraryDir = config.libraryDir ?? (await locateLibraries(config.home));
  const hosts = createHostSource(willPreload(config) ? { libraryDir } : {});
  try {
    return await assemble(config, { logger, libraryDir, hosts });
  } catch (error) {
    hosts.close();
    throw error;
  }
}

type Ground = { readonly logger: Logger; readonly libraryDir: string; readonly hosts: HostSource };

async function assemble(config: Config, { logger, libraryDir, hosts }: Ground): Promise<App> {
  const [library, chatTemplate] = await Promise.all([
    openLibrary(config),
    readTemplate(config.chatTemplateFile),
  ]);
  await requireModels(config.models, library);
  const limits = chooseLimits(config);
  const gpuBytes = await findGpuBytes(config, libraryDir);
  const metrics: Metrics = createMetrics({
    readEngines: () => engine.asked().map(({ id }) => readEngine(engine, id)),
    readMemory: () => ({ ...engine.residencyStats(), models: engine.resident().length }),
    readPlugins: () => plugins.opened?.stats() ?? noPlugins,
  });
  const engine = createEngine(
    {
      ...limits,
      hosts,
      catalog: library,
      residency: {
        ...chooseResidency(config, limits, library.configured),
        deviceBudgetBytes: gpuBytes,
      },
      libraryDir,
      hasGpu: gpuBytes > 0,
      queue: config.queue,
      prefixCacheBytes: config.prefixCacheMiB * bytesPerMiB,
      memoryLimitBytes: config.hostMemoryMiB * bytesPerMiB,
      loadTimeoutMs: config.loadTimeoutMs,
      stateDir: join(config.home, "state"),
      ...(chatTemplate !== undefined && { chatTemplate }),
      ...(config.contextTokens !== undefined && { contextTokens: config.contextTokens }),
      ...(config.kvTokens !== undefined && { kvTokens: config.kvTokens }),
    },
    createEngineObserver(logger, metrics),
  );
  const endAdaptation = startAdaptation(engine, {
    choice: config.mode,
    fixed: givenLimits(config),
    clock: systemClock,
    read: readMachine,
    onFailure: (error) => logger.warn("machine_unread", { error: toAppError(error).message }),
    onChange: (mode, { parallel, maxModels }) => logger.info("mode_adapted", { mode, parallel, maxModels }),
  });
  const record = (finished: GenerationRecord) => metrics.generationFinished(finished);
  const database = createDoor(async () => {
    const { openHomeDatabase } = await import("./store/index.ts");
    return await openHomeDatabase(config.home);
  });
  const judges: Door<Judges> = createDoor(() =>
    openJudges(config, { generate: run, engine, library, plugins: plugins.open, database: database.open }),
  );
  const pipeline = { engine, record, logger, judges: judges.open, nowMs: () => performance.now() };
  const run = (request: GenerateRequest, signal: AbortSignal) => generate(pipeline, request, signal);
  const plugins: Door<Plugins> = createDoor(() =>
    openPlugins(config, {
      server: {
        models: createGuestModels({ generate: run, engine, defaultModel: library.configured[0] }),
        logger,
        metrics,
      },
    }),
  );
  const stopping = new AbortController();
  let server: RunningServer | undefined;

  return {
    engine,
    library,
    logger,
    models: library.configured,
    plugins: plugins.open,
    judges: judges.open,
    generate: run,
    async load() {
      const strategy = choosePreload(config);
      const maxModels = config.preloadMax ?? config.maxModels;
      const { signal } = stopping;
      if (strategy !== "off")
        await preloadAtStart(engine, library, {
          strategy,
          signal,
          logger,
          ...(maxModels !== undefined && { maxModels }),
        });
    },
    async listen() {
      const { createModelInspector, startServer } = await import("./server/index.ts");
      server = startServer(
        {
          engine,
          library,
          plugins: plugins.open,
          judges: judges.open,
          inspectModel: createModelInspector({ estimate: engine.estimate }),
          logger,
          metrics: {
            requestFinished: (request: RequestRecord) => metrics.requestFinished(request),
            generationFinished: record,
            contentType: metrics.contentType,
            text: () => metrics.text(),
          },
          apiKeys: config.apiKeys,
          adminKeys: config.adminKeys,
          allowedOrigins: config.allowedOrigins,
          hostname: config.host,
          version: versions.hearth,
        },
        { port: config.port },
      );
      return server;
    },
    async stop(deadline) {
      stopping.abort();
      endAdaptation();
      await Promise.all([server?.stop(deadline), engine.stop(deadline)]);
      await (await plugins.settle())?.close();
      await (await database.settle())?.close();
      await library.close();
    },
  };
}

function readEnvironment(name: string): string | undefined {
  return readProcessInput().environment[name];
}

const noPlugins = { processes: 0, memoryBytes: 0, waiting: 0 };

async function requireModels(references: readonly string[], library: ModelLibrary): Promise<void> {
  for (const [index, name] of library.configured.entries()) {
    if (await library.find(name)) continue;
    const shown = references[index] ?? name;
    const message = `there is no model "${shown}" here; hearth pull ${shown} fetches it, and hearth ls shows those that are here`;
    throw new AppError("model_not_found", message);
  }
}

/** The libraries inside know no GPU but Metal, so a look for one is worth its time with others only. */
async function findGpuBytes({ gpuMemoryMiB, libraryDir: own }: Config, libraryDir: string): Promise<number> {
  if (gpuMemoryMiB !== undefined) return gpuMemoryMiB * bytesPerMiB;
  if (own === undefined && process.platform !== "darwin") return 0;
  const gpus = (await readDevices(libraryDir)).filter(({ gpu }) => gpu);
  return Math.floor(gpus.reduce((sum, { freeBytes }) => sum + freeBytes, 0) * gpuShare);
}

/** What the user set wins over what the mode says. */
function chooseLimits(config: Config): EngineLimits {
  return { ...toLimits(createModeState(config.mode).settings), ...givenLimits(config) };
}

function givenLimits(config: Config): Partial<EngineLimits> {
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

function choosePreload({ preload, mode }: Config): PreloadStrategy | "off" {
  return preload ?? (createModeState(mode).settings.preloads ? "sequential" : "off");
}

function willPreload(config: Config): boolean {
  return config.models.length > 0 && choosePreload(config) !== "off";
}

async function readTemplate(path: string | undefined): Promise<string | undefined> {
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

function readEngine(engine: Engine, model: string): EngineReading {
  const nothing = {
    running: 0,
    waiting: 0,
    kvUsedTokens: 0,
    kvTotalTokens: 0,
    prefixCacheBytes: 0,
    prefixCacheEntries: 0,
    restarts: 0,
    hostMemoryBytes: 0,
  };
  return { model, ...nothing, ...engine.stats(model) };
}
