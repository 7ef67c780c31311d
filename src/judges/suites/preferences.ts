import { z } from "zod";
import type { EvaluatorDeps } from "../validation/rubric/ask-evaluator.ts";
import { comparePair, type PairQuestion } from "../validation/rubric/compare-pair.ts";
import type { Comparison, Contender } from "./comparison.ts";

/** Which of two models' answers a judge model likes better, case by case, each asked in both orders. */
export type Preference = {
  readonly model: string;
  readonly against: string;
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** Of the ties, those where the judge changed its mind with the order. */
  readonly inconsistent: number;
  /** Cases that the judge could not compare. */
  readonly unscored: number;
  readonly warnings: readonly string[];
};

const count = z.int().min(0);
export const preferenceBody: z.ZodType<Preference> = z.object({
  ...{ model: z.string(), against: z.string() },
  ...{ wins: count, ties: count, losses: count, inconsistent: count, unscored: count },
  warnings: z.array(z.string()),
});

/** Asks the judge about the best model and each of the others. Throws the signal's abort alone. */
export async function judgePreferences(
  deps: EvaluatorDeps,
  { contenders, comparison, judgeModel }: PreferenceTask,
  signal: AbortSignal,
): Promise<readonly Preference[]> {
  const byName = new Map(contenders.map((contender) => [contender.model, contender]));
  const preferences: Preference[] = [];
  for (const { model, against } of comparison.pairs) {
    const [best, other] = [byName.get(model), byName.get(against)];
    if (best && other) preferences.push(await judgePair(deps, { best, other, judgeModel }, signal));
  }
  return preferences;
}

type PreferenceTask = {
  readonly contenders: readonly Contender[];
  readonly comparison: Comparison;
  readonly judgeModel: string;
};

type PairTask = { readonly best: Contender; readonly other: Contender; readonly judgeModel: string };

async function judgePair(deps: EvaluatorDeps, task: PairTask, signal: AbortSignal): Promise<Preference> {
  const { best, other } = task;
  const counts = { wins: 0, ties: 0, losses: 0, inconsistent: 0, unscored: 0 };
  const warnings = new Set<string>();
  for (const question of listQuestions(task)) {
    const compared = await comparePair(deps, question, signal);
    for (const warning of compared.warnings) warnings.add(warning);
    if (!compared.scored) counts.unscored += 1;
    else if (compared.winner === "first") counts.wins += 1;
    else if (compared.winner === "second") counts.losses += 1;
    else counts.ties += 1;
    if (compared.scored && !compared.isConsistent) counts.inconsistent += 1;
  }
  return { model: best.model, against: other.model, ...counts, warnings: [...warnings] };
}

/** The first answer to each case that both models have answered. */
function listQuestions({ best, other, judgeModel }: PairTask): readonly PairQuestion[] {
  const theirs = new Map(other.report.cases.map((entry) => [entry.name, entry.outcomes[0]?.answer ?? ""]));
  const asked = new Map(best.report.spec.suite.cases.map((entry) => [entry.name, entry]));
  return best.report.cases.flatMap(({ name, outcomes }) => {
    const entry = asked.get(name);
    const [first, second] = [outcomes[0]?.answer ?? "", theirs.get(name) ?? ""];
    if (!entry || first.trim() === "" || second.trim() === "") return [];
    const { prompt, context, reference } = entry;
    return {
      ...{ prompt, first, second, judgeModel, answeredBy: [best.report.run.model, other.report.run.model] },
      ...(context.length > 0 && { context }),
      ...(reference !== undefined && { reference }),
    };
  });
}
