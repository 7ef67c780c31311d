/** The one place that builds the parts of Hearth and wires them together. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { versions as nativeVersions } from "../native/versions.ts";
import packageJson from "../package.json" with { type: "json" };
import { AppError } from "./base/index.ts";
import type { Config } from "./config/index.ts";
import type { GenerateEvent, GenerateRequest } from "./contract/index.ts";
import { type GenerationRecord, generate } from "./coordinator/index.ts";
import { createEngine, type Engine, type EngineObserver, locateLibraries } from "./engine/index.ts";
import { resolveModels } from "./models/index.ts";
import {
  createLogger,
  createMetrics,
  type EngineReading,
  type Logger,
  type Metrics,
} from "./observability/index.ts";
import type { RequestRecord, RunningServer } from "./server/index.ts";

const bytesPerMiB = 2 ** 20;

export type App = {
  readonly engine: Engine;
  readonly logger: Logger;
  /** The one path of a request, as the HTTP routes take it. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  /** Starts every model's host; rejects with the first reason when none could be loaded. */
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

/** Builds the application. Throws AppError for a model that is not there or is no model. */
export async function createApp(config: Config): Promise<App> {
  const logger = createLogger({
    format: config.logFormat,
    level: config.logLevel,
    secrets: config.apiKeys,
    stream: process.stderr,
  });
  const [models, libraryDir, chatTemplate] = await Promise.all([
    resolveModels(config.models, { home: config.home }),
    config.libraryDir ?? locateLibraries(config.home),
    readTemplate(config.chatTemplateFile),
  ]);
  const metrics: Metrics = createMetrics({
    readEngines: () => models.map(({ id }) => readEngine(engine, id)),
  });
  const engine = createEngine(
    {
      models: models.map(({ id, path }) => ({
        id,
        path,
        ...(chatTemplate !== undefined && { chatTemplate }),
      })),
      libraryDir,
      parallel: config.parallel,
      queue: config.queue,
      kvType: config.kvType,
      gpuLayers: config.gpuLayers,
      prefixCacheBytes: config.prefixCacheMiB * bytesPerMiB,
      memoryLimitBytes: config.hostMemoryMiB * bytesPerMiB,
      loadTimeoutMs: config.loadTimeoutMs,
      stateDir: join(config.home, "state"),
      ...(config.contextTokens !== undefined && { contextTokens: config.contextTokens }),
      ...(config.kvTokens !== undefined && { kvTokens: config.kvTokens }),
      ...(config.threads !== undefined && { threads: config.threads }),
    },
    createObserver(logger, metrics),
  );
  const record = (finished: GenerationRecord) => metrics.generationFinished(finished);
  const pipeline = { engine, record, logger, nowMs: () => performance.now() };
  let server: RunningServer | undefined;

  return {
    engine,
    logger,
    generate: (request, signal) => generate(pipeline, request, signal),
    load: () => loadAll(engine, logger),
    async listen() {
      const { startServer } = await import("./server/index.ts");
      server = startServer(
        {
          engine,
          logger,
          metrics: {
            requestFinished: (request: RequestRecord) => metrics.requestFinished(request),
            generationFinished: record,
            contentType: metrics.contentType,
            text: () => metrics.text(),
          },
          apiKeys: config.apiKeys,
          allowedOrigins: config.allowedOrigins,
          hostname: config.host,
          version: versions.hearth,
        },
        { port: config.port },
      );
      return server;
    },
    async stop(deadline) {
      await Promise.all([server?.stop(deadline), engine.stop(deadline)]);
    },
  };
}

async function loadAll(engine: Engine, logger: Logger): Promise<void> {
  const models = engine.models();
  const loads = await Promise.allSettled(models.map(({ id }) => engine.describe(id)));
  const failures = loads.flatMap((load, i) =>
    load.status === "rejected" ? [{ model: models[i]?.id, reason: load.reason }] : [],
  );
  for (const { model, reason } of failures) {
    if (reason instanceof AppError && reason.code === "shutting_down") continue;
    logger.error("model_load_failed", {
      model,
      error: reason instanceof Error ? reason.message : String(reason),
    });
  }
  if (failures.length === models.length) throw failures[0]?.reason;
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

function createObserver(logger: Logger, metrics: Metrics): EngineObserver {
  return {
    modelLoaded(model, durationMs) {
      metrics.modelLoaded(model, durationMs);
      logger.info("model_loaded", { model, durationMs: Math.round(durationMs) });
    },
    hostExited(model, { expected, ...exit }) {
      if (!expected) logger.error("engine_host_died", { model, ...exit });
    },
    stepFinished: (model, { durationMs }) => metrics.stepFinished(model, durationMs),
  };
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
