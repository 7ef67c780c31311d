import type { JudgeDeps } from "../deps.ts";
import { createEmbedder } from "../similarity/embedder.ts";
import { checkJudges } from "./call-judge.ts";
import type { Criteria } from "./criteria.ts";
import { type JudgeOptions, judgeAnswer, type ValidationDeps } from "./judge-answer.ts";
import type { JudgedText, Judgement } from "./judgement.ts";

/** Judges answers. */
export type Validation = {
  /** Throws AppError invalid_request where criteria name a plugin that is not there or is no judge. */
  checkCriteria(criteria: Criteria): Promise<void>;
  /** Throws as `checkCriteria` does, before any work, and what aborts the signal. */
  judgeAnswer(answer: JudgedText, criteria: Criteria, options: JudgeOptions): Promise<Judgement>;
};

export function createValidation(deps: Omit<JudgeDeps, "database">): Validation {
  const own: ValidationDeps = { ...deps, embedder: createEmbedder(deps) };
  /** Criteria of a suite judge thousands of answers. */
  const checked = new WeakSet<Criteria>();
  async function checkCriteria(criteria: Criteria): Promise<void> {
    if (checked.has(criteria)) return;
    const { judges, customValidators } = criteria;
    await checkJudges(deps.plugins, [...judges.map(({ plugin }) => plugin), ...customValidators]);
    checked.add(criteria);
  }
  return {
    checkCriteria,
    async judgeAnswer(answer, criteria, options) {
      await checkCriteria(criteria);
      return await judgeAnswer(own, answer, criteria, options);
    },
  };
}
