import { normalizeAnswer } from "../consistency/closed-answers.ts";
import type { JudgeDeps } from "../deps.ts";
import { rateAnswer } from "../validation/rubric/rate-answer.ts";
import type { Meter, Tally } from "./meter.ts";
import type { Plan } from "./plan.ts";

/** Who the judge's calls count for. */
const judgeAgent = "evaluator";

export type CriterionScore = { readonly name: string; readonly score: number };

/** How good an answer is: from 0 to 1, or why nobody can say. */
export type Quality =
  | {
      readonly scored: true;
      readonly score: number;
      /** From 0 to 10 each; none where the answer was compared with the reference. */
      readonly criteria: readonly CriterionScore[];
      readonly warnings: readonly string[];
    }
  | { readonly scored: false; readonly reason: string; readonly warnings: readonly string[] };

export type JudgedText = { readonly text: string; readonly model: string };

/**
 * Judges an answer to the plan's task: by its reference where it is a closed task, else by the rubric. A judge that
 * fails leaves it unscored; throws AppError budget_exceeded and the signal's reason.
 */
export async function judgeQuality(
  { meter, plan, tally }: { readonly meter: Meter; readonly plan: Plan; readonly tally: Tally },
  answer: JudgedText,
  signal: AbortSignal,
): Promise<Quality> {
  const { judge, spec } = plan;
  if (judge.type === "reference") {
    const isRight = normalizeAnswer(answer.text) === normalizeAnswer(judge.reference);
    return { scored: true, score: isRight ? 1 : 0, criteria: [], warnings: [] };
  }
  // What says nothing is worth nothing; a judge would make something up.
  if (answer.text.trim() === "") return { scored: true, score: 0, criteria: [], warnings: [] };
  const deps: JudgeDeps = meter.depsFor(judgeAgent, tally);
  const { criteria, reference } = spec;
  const rating = await rateAnswer(
    deps,
    {
      ...{ prompt: spec.task, response: answer.text, judgeModel: judge.model.id, answeredBy: answer.model },
      ...(criteria && { criteria }),
      ...(reference !== undefined && { reference }),
    },
    signal,
  );
  // The rubric takes a refused call for a judge that failed; here it ends the run.
  if (tally.refusal) throw tally.refusal;
  if (!rating.scored) return { scored: false, reason: rating.reason, warnings: rating.warnings };
  const scores = Object.entries(rating.criteria).map(([name, score]) => ({ name, score }));
  return { scored: true, score: rating.score, criteria: scores, warnings: rating.warnings };
}
