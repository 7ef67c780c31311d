import { type Baseline, type MeasureTools, measureIndependent } from "./baseline.ts";
import { expectedBest } from "./effect.ts";
import { addCosts, type Cost, noCost, tokensOf } from "./meter.ts";
import type { Plan } from "./plan.ts";
import type { Quality } from "./quality.ts";

/** Most independent answers that a coordinated one is compared with, those of the baseline included. */
export const maxControlAnswers = 16;

/** As many independent answers as cost what the coordinated one did, and the best of them. */
export type Control = {
  /** m, for which the tokens would suffice. */
  readonly affordable: number;
  /** Answers that the best was taken of: `affordable`, or fewer where that is above the limit or some were not judged. */
  readonly answers: number;
  readonly bestQuality: number;
};

export type ControlRecord = {
  /** Absent where no independent answer could be judged. */
  readonly control?: Control;
  /** Of the answers that were made for it, beyond the baseline. */
  readonly cost: Cost;
  readonly judgeCost: Cost;
  readonly qualities: readonly Quality[];
};

/** Best of m: the baseline's answers are used first, and more are made where they are too few. */
export async function measureControl(
  tools: MeasureTools,
  plan: Plan,
  measured: { readonly repeat: number; readonly baseline: Baseline; readonly coordinated: Cost },
  signal: AbortSignal,
): Promise<ControlRecord> {
  const { repeat, baseline, coordinated } = measured;
  const affordable = countAffordable(baseline, coordinated);
  const wanted = Math.min(affordable, maxControlAnswers);
  const had = baseline.answers.length;
  const extra = wanted > had ? { repeat, from: had, count: wanted - had } : undefined;
  const made = extra && (await measureIndependent(tools, plan, extra, signal));
  const qualities = made?.answers.map(({ quality }) => quality) ?? [];
  const scores = [...baseline.answers.map(({ quality }) => quality), ...qualities].flatMap((quality) =>
    quality.scored ? [quality.score] : [],
  );
  const answers = Math.min(wanted, scores.length);
  return {
    ...(answers > 0 && { control: { affordable, answers, bestQuality: expectedBest(scores, answers) } }),
    ...{ cost: made?.cost ?? noCost, judgeCost: made?.judgeCost ?? noCost, qualities },
  };
}

/** How many independent answers the tokens of the coordinated one pay for; at least 1. */
export function countAffordable(baseline: Pick<Baseline, "answers">, coordinated: Cost): number {
  const tokens = addCosts(baseline.answers.map(({ answer }) => ({ ...answer, calls: 1, usd: 0 })));
  const each = tokensOf(tokens) / Math.max(1, tokens.calls);
  return each > 0 ? Math.max(1, Math.floor(tokensOf(coordinated) / each)) : 1;
}
