import { AppError } from "../../base/index.ts";
import { toCacheEvaluationBody, toCacheStatsBody } from "../../coordinator/index.ts";
import { readBody } from "../body.ts";
import { findModel } from "../find-model.ts";
import { maxNameCharacters } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { evaluationSchema, feedbackSchema } from "./cache-bodies.ts";

const purgeFields = ["tag", "model", "entry", "all"] as const;

export async function handleStats(context: AppContext, { coordinator }: RouteDeps): Promise<Response> {
  const cache = await coordinator.cache();
  return context.json(toCacheStatsBody(await cache.stats()));
}

/** One of `tag`, `model` and `entry` in the query, or `all=true`: nobody empties the cache by leaving something out. */
export async function handlePurge(
  context: AppContext,
  { coordinator, logger }: RouteDeps,
): Promise<Response> {
  const given = Object.entries(context.req.query());
  const [field, value] = given[0] ?? [];
  const isKnown = purgeFields.some((known) => known === field);
  if (given.length !== 1 || field === undefined || value === undefined || !isKnown || value === "") {
    const message = "name what is to be removed: one of ?tag=, ?model=, ?entry= or ?all=true";
    throw new AppError("invalid_request", message);
  }
  if (field === "all" && value !== "true") throw invalidParameter("all", 'all: expected "true"');
  if (value.length > maxNameCharacters)
    throw invalidParameter(field, `${field}: expected at most ${maxNameCharacters} characters`);
  const cache = await coordinator.cache();
  const removed = await cache.purge(field === "all" ? {} : { [field]: value });
  logger.info("cache_purged", { [field]: value, removed, requestId: context.get("scope").requestId });
  return context.json({ removed });
}

export async function handleFeedback(context: AppContext, { coordinator }: RouteDeps): Promise<Response> {
  const { entry, interaction_id: requestId, right } = await readBody(context, feedbackSchema());
  const about = entry !== undefined ? { entry } : requestId !== undefined ? { requestId } : undefined;
  if (!about || (entry !== undefined && requestId !== undefined))
    throw invalidParameter("entry", "entry: name the entry, or the answer as interaction_id, and not both");
  const cache = await coordinator.cache();
  await cache.feedback({ tenant: context.get("scope").tenant, about, isRight: right });
  return context.json({ noted: true });
}

export async function handleEvaluate(
  context: AppContext,
  { coordinator, engine }: RouteDeps,
): Promise<Response> {
  const { embedding_model: embeddingModel, keep = false } = await readBody(context, evaluationSchema());
  if (embeddingModel !== undefined) await findModel(engine, embeddingModel);
  const { abort } = context.get("scope");
  const cache = await coordinator.cache();
  const evaluation = await cache.evaluate({
    ...{ signal: abort.signal, keepsThreshold: keep },
    ...(embeddingModel !== undefined && { embeddingModel }),
  });
  return context.json(toCacheEvaluationBody(evaluation));
}
