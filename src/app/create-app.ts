/** The one place that builds the parts of Hearth and wires them together. */
import { join } from "node:path";
import { AppError, createDoor, type Door, toAppError } from "../base/index.ts";
import type { Config } from "../config/index.ts";
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
import type { Judges } from "../judges/index.ts";
import type { Knowledge } from "../knowledge/index.ts";
import type { ModelLibrary } from "../models/index.ts";
import {
  createLogger,
  createMetrics,
  createSparingLogger,
  createTelemetry,
  type Logger,
  type Metrics,
} from "../observability/index.ts";
import type { GuestModels, Plugins } from "../plugin-host/index.ts";
import { systemClock } from "../resilience/index.ts";
import type { RunningServer } from "../server/index.ts";
import { createUpstreams, readKnownKeys, withUpstreams } from "../upstreams/index.ts";
import { toCoordinatorSettings } from "./coordinator-settings.ts";
import {
  chooseLimits,
  choosePreload,
  findGpuBytes,
  givenLimits,
  readEngine,
  readTemplate,
  readUpstream,
  toEngineOptions,
  willPreload,
} from "./engine-options.ts";
import { openJudges, openKnowledge, openLibrary, readEnvironment } from "./open-parts.ts";
import { openServer } from "./open-server.ts";

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
      ...toEngineOptions(config, { library, limits, libraryDir, gpuBytes }),
      hosts,
      ...(chatTemplate !== undefined && { chatTemplate }),
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
  const knowledge: Door<Knowledge> = createDoor(async () => {
    const opened = await openKnowledge(config, { engine, logger, database: database.open });
    // A command leaves batches of files to the server.
    if (server) opened.fileBatches.resume();
    return opened;
  });
  const nowMs = () => performance.now();
  const sparing = createSparingLogger(logger, nowMs);
  const telemetry = createTelemetry({
    ...{ folder: join(config.home, "telemetry"), now: Date.now },
    onFault: (error, dropped) =>
      sparing.warn("telemetry_lost", { dropped, error: toAppError(error).message }),
  });
  const coordinator = createCoordinator({
    telemetry,
    ...{ engine, library, upstreams, nowMs, now: Date.now, random: Math.random },
    logger: sparing,
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
      server = await openServer(config, {
        ...{ engine, library, coordinator, record, logger, metrics },
        plugins: plugins.open,
        judges: judges.open,
        knowledge: knowledge.open,
      });
      knowledge.opened?.fileBatches.resume();
      return server;
    },
    async stop(deadline) {
      stopping.abort();
      endAdaptation();
      const batches = knowledge.settle().then((opened) => opened?.fileBatches.stop(deadline));
      await Promise.all([batches, server?.stop(deadline), engine.stop(deadline)]);
      await coordinator.close();
      await (await plugins.settle())?.close();
      await (await database.settle())?.close();
      await library.close();
    },
  };
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
