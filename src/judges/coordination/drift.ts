import { type DriftReport, detectDrift } from "../drift/drift.ts";
import type { ScoreSeries } from "../drift/score-series.ts";
import { seriesKey } from "../drift/series-key.ts";
import { measureEffect } from "./effect.ts";
import type { RepeatRecord } from "./measure-repeat.ts";
import type { Plan } from "./plan.ts";
import { toScores } from "./summarise.ts";

/** Whether what this team reaches at this task has changed over all its runs. */
export type TeamDrift = {
  readonly quality: DriftReport;
  /** Of γ / (1 + γ), which lies between 0 and 1 as a series must; 0.5 is no effect. */
  readonly gammaShare: DriftReport;
};

type Measure = "quality" | "gamma_share";

/** Adds what the repeat measured to the series of its task, team and judge; what could not be judged adds nothing. */
export async function recordObservation(
  series: ScoreSeries,
  plan: Plan,
  record: RepeatRecord,
): Promise<void> {
  const scores = toScores(record);
  if (!scores) return;
  const { gamma, isGammaDefined } = measureEffect([scores], 0);
  await series.add(keyOf(plan, "quality"), scores.quality);
  if (isGammaDefined) await series.add(keyOf(plan, "gamma_share"), gamma / (1 + gamma));
}

export async function readDrift(series: ScoreSeries, plan: Plan): Promise<TeamDrift> {
  const quality = await series.read(keyOf(plan, "quality"));
  const gammaShare = await series.read(keyOf(plan, "gamma_share"));
  return { quality: detectDrift(quality), gammaShare: detectDrift(gammaShare) };
}

function keyOf({ spec, agents, judge }: Plan, measure: Measure): string {
  const { strategy, rounds, temperature, maxTokens } = spec;
  return seriesKey({
    task: spec.task,
    model: agents.map(({ digest }) => digest).join(" "),
    judge: judge.type === "model" ? judge.model.digest : "reference",
    criteria: {
      ...{ measure, strategy, rounds, temperature, max_tokens: maxTokens },
      ...{ criteria: spec.criteria ?? null, reference: spec.reference ?? null },
    },
  });
}
