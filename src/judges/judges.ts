import { isProcessAlive } from "../process/index.ts";
import { type Coordination, createCoordination } from "./coordination/coordination.ts";
import type { JudgeDeps } from "./deps.ts";
import { createRunStore, type RunStore } from "./runs/run-store.ts";
import { createSuites, type Suites } from "./suites/suites.ts";
import { createTrajectory, type Trajectory } from "./trajectory/trajectory.ts";
import { createProbes, type Probes } from "./validation/probes/probes.ts";
import { createValidation, type Validation } from "./validation/validation.ts";
import { type AnswerWatcher, watchAnswer } from "./watch-answer.ts";

/** Everything that is judged: answers, models, the confidence of tokens, and several agents at work. */
export type Judges = {
  readonly coordination: Coordination;
  readonly probes: Probes;
  readonly runs: RunStore;
  readonly suites: Suites;
  readonly trajectory: Trajectory;
  readonly validation: Validation;
  /** Follows an answer that is being made. */
  readonly watch: AnswerWatcher;
};

export function createJudges(deps: JudgeDeps): Judges {
  const runs = createRunStore({
    database: deps.database,
    now: deps.clock.now,
    processId: process.pid,
    isAlive: isProcessAlive,
  });
  const validation = createValidation(deps);
  const trajectory = createTrajectory(deps);
  return {
    coordination: createCoordination(deps, runs),
    probes: createProbes(deps, validation),
    runs,
    suites: createSuites({ ...deps, runs }, validation),
    trajectory,
    validation,
    watch: (request, signal) => watchAnswer({ ...deps, trajectory, validation }, request, signal),
  };
}
