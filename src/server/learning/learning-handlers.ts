import { toAppError, withoutFolder } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import {
  type Augmented,
  type OutcomeResult,
  outcomes,
  type RouteStats,
  toCacheStatsBody,
  toInteractionBody,
} from "../../coordinator/index.ts";
import { readBody } from "../body.ts";
import { maxNameCharacters } from "../limits.ts";
import { readPage } from "../page.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { readPathName } from "../path-name.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { augmentSchema, interactionSchema, outcomeSchema } from "./learning-bodies.ts";

/** Routes of the last day are counted. */
const routingWindowMs = 24 * 3_600_000;
const knownOutcomes = [...outcomes, "unknown"] as const;

export async function handleOutcome(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { outcome, feedback } = await readBody(context, outcomeSchema());
  const { tenant, abort } = context.get("scope");
  const learning = await deps.coordinator.learning();
  const asked = { id: readPathName(context), tenant, outcome, ...(feedback !== undefined && { feedback }) };
  return context.json(toOutcomeBody(await learning.setOutcome(asked, abort.signal)));
}

export async function handleReport(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, interactionSchema());
  const { tenant, isLocal } = context.get("scope");
  const learning = await deps.coordinator.learning();
  const id = await learning.report({
    ...{ tenant, query: body.query, response: body.response, model: body.model_used },
    ...{ agentType: body.agent_type, promptTokens: 0, completionTokens: body.tokens_used ?? 0 },
    ...{ latencyMs: body.latency_ms ?? 0, contextIds: body.context_ids ?? [], collections: [] },
    ...{ tags: body.tags ?? [], consent: body.consent ?? false },
    isPrivate: isLocal || body.privacy === "local",
  });
  return context.json({ interaction_id: id }, 201);
}

export async function handleList(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { tenant } = context.get("scope");
  const given = context.req.query("outcome");
  const outcome = knownOutcomes.find((known) => known === given);
  if (given !== undefined && outcome === undefined) {
    const shown = given.slice(0, maxNameCharacters);
    throw invalidParameter("outcome", `outcome: expected ${knownOutcomes.join(", ")}, got "${shown}".`);
  }
  const learning = await deps.coordinator.learning();
  const listed = await learning.list({ ...readPage(context), tenant, ...(outcome && { outcome }) });
  return context.json({ interactions: listed.map(toInteractionBody) });
}

export async function handleShow(context: AppContext, deps: RouteDeps): Promise<Response> {
  const learning = await deps.coordinator.learning();
  return context.json(
    toInteractionBody(await learning.get(readPathName(context), context.get("scope").tenant)),
  );
}

export async function handleAugment(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { query, agent_type: agentType } = await readBody(context, augmentSchema());
  const { tenant, abort, isLocal: isPrivate } = context.get("scope");
  const learning = await deps.coordinator.learning();
  const asked = { query, agentType, tenant, isPrivate };
  return context.json(toAugmentBody(await learning.augment(asked, abort.signal)));
}

/** A part that cannot be read says why; the others are told. */
export async function handleStatus(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { tenant } = context.get("scope");
  const { coordinator } = deps;
  const since = Date.now() - routingWindowMs;
  const [status, cache, routing] = await Promise.all([
    tryPart(async () => (await coordinator.learning()).status(tenant)),
    tryPart(() => readCache(coordinator, tenant)),
    tryPart(async () => toRoutingBody(await coordinator.routes.stats(since))),
  ]);
  return context.json({ ...status, cache, routing });
}

async function tryPart(read: () => Promise<JsonObject>): Promise<JsonObject> {
  try {
    return await read();
  } catch (error) {
    const failure = toAppError(error);
    return { unavailable: withoutFolder(failure), code: failure.code };
  }
}

async function readCache({ settings, cache }: RouteDeps["coordinator"], tenant: string): Promise<JsonObject> {
  const { cache: mode } = settings;
  if (mode === "off") return { mode };
  return { mode, ...toCacheStatsBody(await (await cache()).stats(tenant)) };
}

/** Of the whole server, not of one key. */
function toRoutingBody({ usd, maxUsdPerHour, ...counts }: RouteStats): JsonObject {
  return {
    ...{ window_hours: routingWindowMs / 3_600_000, ...counts },
    ...{ usd_last_hour: usd, max_usd_per_hour: maxUsdPerHour ?? null },
  };
}

function toOutcomeBody({ status, interaction, unscored, isHigh, willExtract }: OutcomeResult): JsonObject {
  const { id, outcome, feedback, value, terms } = interaction;
  return {
    ...{ interaction_id: id, status, outcome, feedback: feedback ?? null },
    ...{ value_score: terms === undefined ? null : value, value_terms: terms ?? null },
    ...{ high_value: isHigh, pattern: willExtract ? "waiting" : "none" },
    ...(unscored !== undefined && { unscored }),
  };
}

function toAugmentBody({ prompt, query, contextIds, searched }: Augmented): JsonObject {
  return {
    ...{ augmented_prompt: prompt, original_query: query, context_ids: contextIds },
    ...{ context_count: contextIds.length, is_empty: contextIds.length === 0 },
    collections: searched.map(({ collection, mode, hits, reason }) => ({
      ...{ name: collection, mode, count: hits.length },
      best_score: hits[0]?.score ?? null,
      ...(reason !== undefined && { reason }),
    })),
  };
}
