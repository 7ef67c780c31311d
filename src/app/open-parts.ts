/** Opens the parts that stand by themselves; their code is loaded once somebody asks for them. */
import { type Config, readProcessInput } from "../config/index.ts";
import type { Engine } from "../engine/index.ts";
import type { JudgeDeps, Judges } from "../judges/index.ts";
import type { Knowledge } from "../knowledge/index.ts";
import { createLibrary, type ModelLibrary } from "../models/index.ts";
import type { Logger, Metrics } from "../observability/index.ts";
import type { Database } from "../store/index.ts";

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

/** Judges; they and their database are there once somebody asks for them. */
export async function openJudges(
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

/** What is known beside models, its tables and vectors with it. */
export async function openKnowledge(
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

/** A variable of the environment. */
export function readEnvironment(name: string): string | undefined {
  return readProcessInput().environment[name];
}
