import type { RouteAttempt, RouteReceipt } from "../../contract/index.ts";
import type { Plan } from "./plan.ts";
import type { RoutedEvent } from "./router.ts";
import type { Target } from "./target.ts";

type Routed = Extract<RoutedEvent, { type: "routed" }>;

/** Keeps the account of an answer's way, and tells it as it stands. */
export type RouteTeller = {
  /** From now on the answer is this model's; `reason`: what is to be said of that. */
  answering(target: Target, reason?: string): Routed;
  /** The answer of that model has ended without success. */
  ended(target: Target, attempt: Omit<RouteAttempt, "model">): void;
  weighed(confidence: number, bar: number): void;
  /** Nobody answered to the end. */
  failed(): Routed;
};

export function createRouteTeller({ steps, skipped, isNamed: _, ...decided }: Plan): RouteTeller {
  const attempts: RouteAttempt[] = [...skipped];
  let weights: Pick<RouteReceipt, "confidence" | "bar"> = {};
  let last: Target = steps[0].target;

  function tell(told: readonly RouteAttempt[]): Routed {
    const route = { ...decided, ...explain(attempts), kind: last.kind, attempts: told, ...weights };
    return { type: "routed", answeredBy: last.name, route };
  }
  return {
    answering(target, reason) {
      last = target;
      return tell([
        ...attempts,
        { model: target.name, outcome: "answered", ...(reason !== undefined && { reason }) },
      ]);
    },
    ended: (target, attempt) => void attempts.push({ model: target.name, ...attempt }),
    weighed(confidence, bar) {
      weights = { confidence, bar };
    },
    failed: () => tell(attempts),
  };
}

/** Reason of an attempt that nothing was left to pay for. */
export const unpaid = "cost_limit_exceeded";

/** What stands in the place of the first decision, once that did not hold. */
function explain(attempts: readonly RouteAttempt[]): Pick<RouteReceipt, "rule" | "reason"> | undefined {
  const fallen = attempts.findLast(({ outcome, reason }) => outcome === "failed" || reason === unpaid);
  if (fallen) return { rule: "fallback", reason: `${fallen.model} failed: ${fallen.reason ?? "unknown"}` };
  const escalated = attempts.find(({ outcome }) => outcome === "escalated");
  return escalated && { rule: "escalated", reason: escalated.reason ?? "" };
}
