import type { JudgeDeps } from "../deps.ts";
import { findModel } from "../find-model.ts";
import { forCaller } from "../for-caller.ts";
import { createEmbedders } from "../similarity/embedder.ts";
import { checkJudges } from "./call-judge.ts";
import type { Criteria } from "./criteria.ts";
import { type JudgeOptions, judgeAnswer } from "./judge-answer.ts";
import type { JudgedText, Judgement } from "./judgement.ts";

/** Judges answers. */
export type Validation = {
  /** Throws AppError invalid_request for a plugin that is not there or is no judge, and model_not_found. */
  checkCriteria(criteria: Criteria): Promise<void>;
  /** Throws as `checkCriteria` does, before any work, and what aborts the signal. */
  judgeAnswer(answer: JudgedText, criteria: Criteria, options: JudgeOptions): Promise<Judgement>;
};

export function createValidation(deps: Omit<JudgeDeps, "database">): Validation {
  const embedderFor = createEmbedders(deps);
  /** Criteria of a suite judge thousands of answers. */
  const checked = new WeakSet<Criteria>();
  async function checkCriteria(criteria: Criteria): Promise<void> {
    if (checked.has(criteria)) return;
    const { judges, customValidators, judgeModel } = criteria;
    if (judgeModel !== undefined) await findModel(deps, judgeModel);
    await checkJudges(deps.plugins, [...judges.map(({ plugin }) => plugin), ...customValidators]);
    checked.add(criteria);
  }
  return {
    checkCriteria,
    async judgeAnswer(answer, criteria, options) {
      await checkCriteria(criteria);
      const own = { ...forCaller(deps, options), embedder: embedderFor(options) };
      return await judgeAnswer(own, answer, criteria, options);
    },
  };
}
