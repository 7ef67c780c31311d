import { toAppError, withoutFolder } from "../../base/index.ts";
import type { Telemetry } from "../../observability/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { type History, hasComparedText, type Neighbours } from "./history.ts";
import type { Feedback, Interaction, Outcome } from "./interaction.ts";
import type { InteractionStore } from "./interaction-store.ts";
import type { PatternQueue } from "./pattern-queue.ts";
import { highValue, scoreValue, type ValueScore } from "./value-score.ts";

export type OutcomeAsked = {
  readonly id: string;
  readonly tenant: string;
  readonly outcome: Outcome;
  readonly feedback?: Feedback;
};

export type OutcomeResult = {
  /** `unchanged`: the same was said before, and nothing is counted again. */
  readonly status: "recorded" | "unchanged";
  readonly interaction: Interaction;
  /** Why there is no value. */
  readonly unscored?: string;
  readonly isHigh: boolean;
  /** Whether a pattern is going to be made of it. */
  readonly willExtract: boolean;
};

type OutcomeParts = {
  readonly deps: Pick<CoordinatorDeps, "plugins" | "knowledge" | "logger" | "observer">;
  readonly store: InteractionStore;
  readonly history: History;
  readonly patterns: PatternQueue;
  readonly telemetry: Telemetry;
};

/**
 * Keeps what came of an interaction, scores its value, and lets its contexts and its pattern follow. What is said again
 * changes nothing; another outcome takes the place of the first, and contexts are counted for the first alone. Throws
 * AppError not_found.
 */
export async function setOutcome(
  parts: OutcomeParts,
  { id, tenant, outcome, feedback }: OutcomeAsked,
  signal: AbortSignal,
): Promise<OutcomeResult> {
  const { deps, store, history, patterns } = parts;
  await store.get(id, tenant);
  const said = { outcome, ...(feedback !== undefined && { feedback }) };
  const { isChanged, isFirst } = await store.setOutcome(id, said);
  const now = await store.get(id, tenant);
  if (!isChanged && now.terms !== undefined)
    return { status: "unchanged", interaction: now, isHigh: isHigh(now), willExtract: false };

  if (isChanged) deps.observer.interactionEnded(outcome);
  const attempt = <T>(event: string, work: () => Promise<T>) => tryAndLog(deps, event, id, work);
  const scored = await attempt("value_unscored", () => score(parts, { ...now, outcome }, signal));
  const interaction = await store.get(id, tenant);
  if (isChanged) await attempt("history_stale", () => history.noteOutcome(interaction));
  if (isFirst) await attempt("contexts_uncounted", () => noteContexts(deps, interaction));
  const value = scored.ok ? scored.value : undefined;
  const willExtract = value?.extract === true && patterns.push(interaction);
  return {
    ...{ status: isChanged ? "recorded" : "unchanged", interaction, willExtract },
    isHigh: isHigh(interaction),
    ...(!scored.ok && { unscored: scored.reason }),
  };
}

function isHigh({ value }: Interaction): boolean {
  return value >= highValue;
}

async function score(
  { deps, store, history, telemetry }: OutcomeParts,
  interaction: Interaction & { readonly outcome: Outcome },
  signal: AbortSignal,
): Promise<ValueScore> {
  const neighbours = await countNeighbours({ deps, store, history }, interaction, signal);
  try {
    const scored = await scoreValue(deps, interaction, neighbours, signal);
    await store.setValue(interaction.id, scored.value, scored.terms);
    telemetry.tell("value_score_computed", {
      ...{ interaction_id: interaction.id, value_score: scored.value, terms: scored.terms },
      outcome: interaction.outcome,
    });
    return scored;
  } catch (error) {
    // The value of the outcome before is not that of this one.
    await store.setValue(interaction.id, 0, null);
    throw error;
  }
}

/** By meaning where the query has a document, or is about to have one; else those that asked for the very same. */
async function countNeighbours(
  { deps, store, history }: Pick<OutcomeParts, "deps" | "store" | "history">,
  interaction: Interaction,
  signal: AbortSignal,
): Promise<Neighbours> {
  const same = await store.countSame(interaction);
  const exact = { n80: same, n90: same };
  if (!hasComparedText(interaction)) return exact;
  const found = await tryAndLog(deps, "neighbours_uncounted", interaction.id, () =>
    history.findNeighbours(interaction, signal),
  );
  if (!found.ok) return exact;
  const ids = found.value.map(({ id }) => id);
  const earlier = await store.keepEarlier(interaction, ids);
  const past = found.value.filter(({ id }) => earlier.has(id));
  return { n80: past.length, n90: past.filter(({ isVeryNear }) => isVeryNear).length };
}

async function noteContexts(
  { knowledge }: Pick<CoordinatorDeps, "knowledge">,
  { contextIds, outcome }: Interaction,
): Promise<void> {
  if (contextIds.length === 0) return;
  await (await knowledge()).documents.noteUse(contextIds, { success: outcome === "success" });
}

type Tried<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** What follows an outcome may fail without taking the outcome back. */
async function tryAndLog<T>(
  { logger }: Pick<CoordinatorDeps, "logger">,
  event: string,
  interaction: string,
  work: () => Promise<T>,
): Promise<Tried<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const failure = toAppError(error);
    logger.warn(event, { interaction, error: failure.message });
    return { ok: false, reason: withoutFolder(failure) };
  }
}
