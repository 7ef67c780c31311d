import type { RouteAttempt, RouteReceipt } from "../../contract/index.ts";
import type { Target } from "./target.ts";

/** How sure a local model must be for its answer to stay. */
export type Gate = {
  /** From 0 to 1. */
  readonly bar: number;
};

export type Step = {
  readonly target: Target;
  /** Absent: whatever it answers is passed on. */
  readonly gate?: Gate;
};

/** Which models are asked for an answer, one after the other, and why the first of them. */
export type Plan = Pick<RouteReceipt, "asked" | "rule" | "reason" | "policy" | "decision"> & {
  readonly steps: readonly [Step, ...Step[]];
  /** Whether the client chose the first model itself: what that refuses is then the client's to mend. */
  readonly isNamed: boolean;
  /** Of models that would have been asked, and must not be. */
  readonly skipped: readonly RouteAttempt[];
};

/** Most models that are asked for one answer. */
export const maxSteps = 8;
