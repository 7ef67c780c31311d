import type { JudgeDeps } from "../../deps.ts";
import { forCaller, type JudgeCaller } from "../../for-caller.ts";
import type { Validation } from "../validation.ts";
import type { ProbeResult } from "./probe-result.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import { type JudgeQuality, validateComprehensively } from "./validate-comprehensively.ts";

/** Probes models as a whole. */
export type Probes = {
  /**
   * All probes that the spec asks for; throws as `validateComprehensively` and the check of criteria do. Calls of models
   * are made for that caller.
   */
  probe(spec: ProbeSpec, signal: AbortSignal, caller?: JudgeCaller): Promise<readonly ProbeResult[]>;
};

export function createProbes(deps: JudgeDeps, validation: Validation): Probes {
  return {
    async probe({ criteria, judgeModel, ...spec }, signal, caller = {}) {
      await validation.checkCriteria(criteria);
      const judge = {
        ...(judgeModel !== undefined && { judgeModel }),
        ...caller,
      };
      const judgeQuality: JudgeQuality = (answer, options) =>
        validation.judgeAnswer(answer, criteria, { ...options, ...judge });
      return await validateComprehensively(forCaller(deps, caller), { ...spec, judgeQuality }, signal);
    },
  };
}
