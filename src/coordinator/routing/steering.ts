import type { CoordinatorDeps } from "../deps.ts";
import type { AttemptDeps } from "./attempt.ts";
import { carryOut } from "./carry-out.ts";
import { makePlan, type PlanDeps } from "./make-plan.ts";
import type { Router } from "./router.ts";

/** Routes what is more than a named model of this machine. */
export function createSteering(deps: CoordinatorDeps & PlanDeps & AttemptDeps): Router {
  return {
    async *route(asked, signal) {
      const plan = await makePlan(deps, asked, signal);
      yield* carryOut(deps, plan, asked.request, signal);
    },
  };
}
