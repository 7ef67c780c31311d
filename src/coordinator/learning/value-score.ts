import { AppError } from "../../base/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { Neighbours } from "./history.ts";
import type { Interaction, Outcome } from "./interaction.ts";

/** The policy that says what an interaction is worth. */
export const valuePolicy = "value-score";
/** From this value on an interaction is of high value. */
export const highValue = 0.7;
/** Of a query or a response that the policy is given, in UTF-16 units. */
const maxScoredCharacters = 32_768;

export type ValueScore = {
  /** From 0 to 1. */
  readonly value: number;
  readonly terms: Readonly<Record<string, number>>;
  /** Whether a pattern is to be made of it: high value, and the outcome is success. */
  readonly extract: boolean;
};

/** Asks the policy. Where only hashes are kept the terms that read texts are 0. Throws AppError plugin_failed. */
export async function scoreValue(
  { plugins }: Pick<CoordinatorDeps, "plugins">,
  interaction: Interaction & { readonly outcome: Outcome },
  neighbours: Neighbours,
  signal: AbortSignal,
): Promise<ValueScore> {
  const { query = "", response = "", outcome, feedback = 0, isPrivate, id } = interaction;
  const input = {
    ...{ hook: "value.score" as const, outcome, feedback, ...neighbours },
    query: query.slice(0, maxScoredCharacters),
    response: response.slice(0, maxScoredCharacters),
  };
  const scope = { signal, requestId: id, ...(isPrivate && { privacy: "local" as const }) };
  const scored = await (await plugins()).decide<"value.score">(valuePolicy, input, scope);
  if (!scored.ok) {
    const { code, message } = scored.failure;
    throw new AppError(
      "plugin_failed",
      `${valuePolicy} could not score the interaction: ${code}: ${message}`,
    );
  }
  const { value, terms, extract } = scored.output;
  // A policy may be anybody's: what did not succeed teaches nothing, whatever it says.
  return { value, terms, extract: extract && outcome === "success" };
}
