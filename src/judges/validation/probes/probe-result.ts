import { type Unscored, type Verdict, type Violation, verdictOf } from "../../verdict.ts";
import type { Attempt, Retried } from "./with-retries.ts";

/** What a probe of a model found; `abstain` where the model cannot be probed so. */
export type ProbeResult = {
  /** responsiveness, tool_calling, consistency or quality. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly violations: readonly Violation[];
  readonly unscored: readonly Unscored[];
  readonly suggestions: readonly string[];
  /** By their names on the wire. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly durationMs: number;
  /** Given when the configuration is verbose. */
  readonly attempts?: readonly Attempt[];
};

export type Findings = Partial<
  Pick<ProbeResult, "violations" | "unscored" | "suggestions" | "metrics" | "attempts">
> & {
  readonly name: string;
  readonly durationMs: number;
  /** Said where nothing was violated. */
  readonly success: string;
};

/** The worst violation leads the message and decides the verdict. */
export function concludeProbe({ name, durationMs, success, ...found }: Findings): ProbeResult {
  const { violations = [], unscored = [], suggestions = [], metrics = {}, attempts } = found;
  const worst = violations.find(({ severity }) => severity === "failure") ?? violations[0];
  return {
    ...{ name, verdict: verdictOf(violations), message: worst?.message ?? success },
    ...{ violations, unscored, suggestions, metrics, durationMs },
    ...(attempts && { attempts }),
  };
}

/** A probe that says nothing of the model, and why. */
export function abstain(name: string, reason: string, durationMs = 0): ProbeResult {
  const unscored = [{ name, reason }];
  return {
    name,
    verdict: "abstain",
    message: reason,
    violations: [],
    unscored,
    suggestions: [],
    metrics: {},
    durationMs,
  };
}

/** The failure of a model that gave no answer, however often it was asked. */
export function failUnreachable(
  name: string,
  model: string,
  retried: Extract<Retried<unknown>, { ok: false }>,
): ProbeResult {
  const { error, retryCount, durationMs, attempts } = retried;
  const message = `${model} gave no answer in ${retryCount + 1} attempts (${error.code}): ${error.message}`;
  return concludeProbe({
    ...{ name, durationMs, success: "", metrics: { retry_count: retryCount } },
    violations: [{ rule: "provider_unreachable", severity: "failure", observed: error.code, message }],
    suggestions: [`hearth ps shows whether ${model} is loaded, hearth doctor what keeps it from running`],
    ...(attempts && { attempts }),
  });
}
