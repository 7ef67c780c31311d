import { AppError } from "../../../base/index.ts";
import { findModel, type ModelIdentity } from "../../find-model.ts";
import type { EvaluatorDeps } from "./ask-evaluator.ts";

/** A warning where a model judges what it wrote itself: models prefer their own answers (MT-Bench, arXiv 2306.05685). */
export async function warnOfSelfJudging(
  deps: EvaluatorDeps,
  judgeModel: string,
  answeredBy: string | undefined,
): Promise<readonly string[]> {
  if (answeredBy === undefined) return [];
  const [judge, writer] = await Promise.all([identify(deps, judgeModel), identify(deps, answeredBy)]);
  const isSame = judge && writer ? judge.digest === writer.digest : judgeModel === answeredBy;
  return isSame
    ? [`${judgeModel} judges its own answer, and models favour what they wrote; name another judge model`]
    : [];
}

/** Nothing where no such model is here: an answer may come from elsewhere. */
async function identify(deps: EvaluatorDeps, name: string): Promise<ModelIdentity | undefined> {
  try {
    return await findModel(deps, name);
  } catch (error) {
    if (error instanceof AppError && error.code === "model_not_found") return undefined;
    throw error;
  }
}
