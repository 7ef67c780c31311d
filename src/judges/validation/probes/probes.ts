import type { JudgeDeps } from "../../deps.ts";
import type { Validation } from "../validation.ts";
import type { ProbeResult } from "./probe-result.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import { type JudgeQuality, validateComprehensively } from "./validate-comprehensively.ts";

/** Probes models as a whole. */
export type Probes = {
  /** All probes that the spec asks for; throws as `validateComprehensively` and the check of criteria do. */
  probe(spec: ProbeSpec, signal: AbortSignal): Promise<readonly ProbeResult[]>;
};

export function createProbes(deps: JudgeDeps, validation: Validation): Probes {
  return {
    async probe({ criteria, judgeModel, ...spec }, signal) {
      await validation.checkCriteria(criteria);
      const judge = judgeModel !== undefined && { judgeModel };
      const judgeQuality: JudgeQuality = (answer, options) =>
        validation.judgeAnswer(answer, criteria, { ...options, ...judge });
      return await validateComprehensively(deps, { ...spec, judgeQuality }, signal);
    },
  };
}
