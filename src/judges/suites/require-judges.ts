import { AppError, toAppError } from "../../base/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { findModel } from "../find-model.ts";
import type { Criteria } from "../validation/criteria.ts";
import { planJudges } from "../validation/plan-judges.ts";
import type { Validation } from "../validation/validation.ts";
import type { Suite, SuiteCase } from "./suite.ts";

export type RequireDeps = Pick<JudgeDeps, "engine" | "library" | "models" | "plugins"> & {
  readonly validation: Validation;
};

/**
 * A gate must not open because nobody looked: what a case asks of judges has to be possible. Throws AppError naming
 * the case, invalid_request for plugins and rubrics and model_not_found for models. `judgeModel` is that of the run.
 */
export async function requireJudges(
  deps: RequireDeps,
  { cases }: Suite,
  judgeModel: string | undefined,
): Promise<void> {
  const seen = new Set<Criteria>();
  for (const [index, entry] of cases.entries()) {
    const { name, criteria } = entry;
    if (!criteria || seen.has(criteria)) continue;
    seen.add(criteria);
    try {
      await deps.validation.checkCriteria(criteria);
      if (criteria.judgeModel !== undefined) await findModel(deps, criteria.judgeModel);
      requireRubricModel(criteria, judgeModel);
      await requireSwitchedOn(deps, entry, criteria);
    } catch (cause) {
      const { code, message, details } = toAppError(cause);
      const param = `cases[${index}]`;
      throw new AppError(code, `${param} "${name}": ${message}`, { cause, details: { ...details, param } });
    }
  }
}

function requireRubricModel({ rubric, judgeModel: own }: Criteria, judgeModel: string | undefined): void {
  if (!rubric.isAsked || own !== undefined || judgeModel !== undefined) return;
  const message = "criteria.rubric needs a model that judges; name one with judge_model";
  throw new AppError("invalid_request", message);
}

async function requireSwitchedOn(
  deps: RequireDeps,
  { prompt, response = "" }: SuiteCase,
  criteria: Criteria,
): Promise<void> {
  const host = await deps.plugins();
  for (const { plugin } of planJudges(criteria, { prompt, response })) {
    const { isEnabled } = await host.get(plugin);
    if (isEnabled) continue;
    const message = `${plugin} is switched off; hearth plugin enable ${plugin} switches it on`;
    throw new AppError("invalid_request", message);
  }
}
