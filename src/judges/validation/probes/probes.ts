import type { JudgeDeps } from "../../deps.ts";
import { forCaller } from "../../for-caller.ts";
import type { Validation } from "../validation.ts";
import type { ProbeResult } from "./probe-result.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import { type JudgeQuality, validateComprehensively } from "./validate-comprehensively.ts";

/** Probes models as a whole. */
export type Probes = {
  /**
   * All probes that the spec asks for; throws as `validateComprehensively` and the check of criteria do. Calls of models
   * count against the share of `tenant`; absent: that of all judges.
   */
  probe(spec: ProbeSpec, signal: AbortSignal, tenant?: string): Promise<readonly ProbeResult[]>;
};

export function createProbes(deps: JudgeDeps, validation: Validation): Probes {
  return {
    async probe({ criteria, judgeModel, ...spec }, signal, tenant) {
      await validation.checkCriteria(criteria);
      const judge = {
        ...(judgeModel !== undefined && { judgeModel }),
        ...(tenant !== undefined && { tenant }),
      };
      const judgeQuality: JudgeQuality = (answer, options) =>
        validation.judgeAnswer(answer, criteria, { ...options, ...judge });
      return await validateComprehensively(
        forCaller(deps, { ...(tenant !== undefined && { tenant }) }),
        { ...spec, judgeQuality },
        signal,
      );
    },
  };
}
