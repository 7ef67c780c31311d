/** The one place that builds the parts of Hearth and wires them together. */
import { join } from "node:path";
import { versions as nativeVersions } from "../../native/versions.ts";
import packageJson from "../../package.json" with { type: "json" };
import { AppError, createDoor, type Door, toAppError } from "../base/index.ts";
import { type Config, readProcessInput } from "../config/index.ts";
import type { AnswerEvent, GenerateRequest } from "../contract/index.ts";
import {
  type Coordinator,
  createCoordinator,
  createCoordinatorObserver,
  createGuestModels,
  createLazyGuestModels,
  type GenerationRecord,
  generate,
  withAuto,
} from "../coordinator/index.ts";
import {
  createEngine,
  createEngineObserver,
  createHostSource,
  type Engine,
  type HostSource,
  locateLibraries,
  preloadAtStart,
  readMachine,
  startAdaptation,
} from "../engine/index.ts";
import type { JudgeDeps, Judges } from "../judges/index.ts";
import type { Knowledge } from "../knowledge/index.ts";
import { createLibrary, type ModelLibrary } from "../models/index.ts";
import {
  createLogger,
  createMetrics,
  createTelemetry,
  type Logger,
  type Metrics,
} from "../observability/index.ts";
import type { GuestModels, Plugins } from "../plugin-host/index.ts";
import { systemClock } from "../resilience/index.ts";
import type { RequestRecord, RunningServer } from "../server/index.ts";
import type { Database } from "../store/index.ts";
import { createUpstreams, readKnownKeys, withUpstreams } from "../upstreams/index.ts";
import { toCoordinatorSettings } from "./coordinator-settings.ts";
import {
  bytesPerMiB,
  chooseLimits,
  choosePreload,
  chooseResidency,
  findGpuBytes,
  givenLimits,
  readEngine,
  readTemplate,
  readUpstream,
  willPreload,
} from "./engine-options.ts";
import { chooseRateLimit } from "./rate-limit.ts";

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
  /** What is known beside models; opened at the first call. */
  knowledge(): Promise<Knowledge>;
  readonly coordinator: Coordinator;
  /** The one path of a request, as the HTTP routes take it. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<AnswerEvent>;
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
export async function openLibrary(
  config: Config,
  server?: { readonly logger: Logger; readonly metrics: Metrics },
): Promise<ModelLibrary> {
  return await createLibrary({
    ...{ ...config, discover: config.discover === "on" },
    ...(server && {
      onPullRetry: () => server.metrics.retried("pull"),
      onDamage: ({ message }) => server.logger.error("database_damaged", { error: message }),
    }),
  });
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
  const { createPluginObserver, createPlugins, silentObserver } = await import("../plugin-host/index.ts");
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
  const { createJudges, systemJudgeClock } = await import("../judges/index.ts");
  return createJudges({
    ...parts,
    models: parts.library.configured,
    ...(config.embeddingModel !== undefined && { embeddingModel: config.embeddingModel }),
    clock: systemJudgeClock,
    random: Math.random,
  });
}

async function openKnowledge(
  { home, embeddingModel }: Config,
  {
    engine,
    logger,
    database,
  }: { readonly engine: Engine; readonly logger: Logger; database(): Promise<Database> },
): Promise<Knowledge> {
  const { createKnowledge } = await import("../knowledge/index.ts");
  return createKnowledge({
    ...{ home, engine, logger, now: Date.now },
    ...(embeddingModel !== undefined && { embeddingModel }),
    async database() {
      const opened = await database();
      await opened.loadVectors(home);
      return opened;
    },
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
      ...(await readKnownKeys(config.upstreams, { readVariable: readEnvironment })),
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
  const metrics: Metrics = createMetrics({
    readEngines: () => engine.asked().map(({ id }) => readEngine(engine, id)),
    readMemory: () => ({ ...engine.residencyStats(), models: engine.resident().length }),
    readPlugins: () => plugins.opened?.stats() ?? noPlugins,
    readUpstreams: () => upstreams.list.map(readUpstream),
  });
  const [library, chatTemplate] = await Promise.all([
    openLibrary(config, { logger, metrics }),
    readTemplate(config.chatTemplateFile),
  ]);
  await requireModels(config.models, library);
  const limits = chooseLimits(config);
  const gpuBytes = await findGpuBytes(config, libraryDir);
  const local = createEngine(
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
  const upstreams = createUpstreams({
    upstreams: config.upstreams,
    readVariable: readEnvironment,
    fetch,
    clock: systemClock,
    now: Date.now,
    logger,
  });
  const settings = toCoordinatorSettings(config, library.configured);
  const engine = withAuto(withUpstreams(local, upstreams), settings, upstreams);
  const endAdaptation = startAdaptation(engine, {
    choice: config.mode,
    fixed: givenLimits(config),
    clock: systemClock,
    read: readMachine,
    onFailure: (error) => logger.warn("machine_unread", { error: toAppError(error).message }),
    onChange: (mode, { parallel, maxModels }) => logger.info("mode_adapted", { mode, parallel, maxModels }),
  });
  const record = (finished: GenerationRecord) => {
    metrics.generationFinished(finished);
    coordinator.observe(finished);
  };
  const database = createDoor(async () => {
    const { openHomeDatabase } = await import("../store/index.ts");
    return await openHomeDatabase(config.home);
  });
  const judges: Door<Judges> = createDoor(() =>
    openJudges(config, { generate: run, engine, library, plugins: plugins.open, database: database.open }),
  );
  const knowledge: Door<Knowledge> = createDoor(() =>
    openKnowledge(config, { engine, logger, database: database.open }),
  );
  const nowMs = () => performance.now();
  const telemetry = createTelemetry({
    ...{ folder: join(config.home, "telemetry"), now: Date.now },
    onFault: (error, dropped) => logger.warn("telemetry_lost", { dropped, error: toAppError(error).message }),
  });
  const coordinator = createCoordinator({
    telemetry,
    ...{ engine, library, logger, upstreams, nowMs, now: Date.now, random: Math.random },
    generate: (request, signal) => run(request, signal),
    knowledge: knowledge.open,
    plugins: () => plugins.open(),
    database: database.open,
    observer: createCoordinatorObserver(metrics),
    settings,
  });
  const pipeline = {
    ...{ engine, record, logger, nowMs, coordinator },
    judges: judges.open,
    knowledge: knowledge.open,
  };
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
    knowledge: knowledge.open,
    coordinator,
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
      const { createModelInspector, startServer } = await import("../server/index.ts");
      server = startServer(
        {
          engine,
          library,
          plugins: plugins.open,
          judges: judges.open,
          knowledge: knowledge.open,
          coordinator,
          record,
          inspectModel: createModelInspector({ estimate: engine.estimate }),
          logger,
          metrics: {
            requestFinished: (request: RequestRecord) => metrics.requestFinished(request),
            rateLimited: metrics.rateLimited,
            contentType: metrics.contentType,
            text: () => metrics.text(),
          },
          apiKeys: config.apiKeys,
          adminKeys: config.adminKeys,
          ...chooseRateLimit(config),
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
      await coordinator.close();
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
