export type Verdict = "pass" | "warn" | "fail" | "abstain";
export type Severity = "warning" | "failure";

/** One rule that an answer broke. */
export type Violation = {
  /** Its name, such as `min_response_length`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly observed?: number | string;
  readonly limit?: number | string;
  readonly message: string;
};

/** What could not be measured, and why; never a number. */
export type Unscored = {
  readonly name: string;
  readonly reason: string;
  /** Whoever was to measure it failed, so that nobody has looked: a gate must not open on that. */
  readonly fault?: true;
};

/** From best to worst; `abstain` says nothing of an answer and so changes no other verdict. */
const ranks: Readonly<Record<Verdict, number>> = { abstain: 0, pass: 1, warn: 2, fail: 3 };

/** The worst of the verdicts; `abstain` where all abstain, and where there are none. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((worst, verdict) => (ranks[verdict] > ranks[worst] ? verdict : worst), "abstain");
}

export function verdictOf(violations: readonly Pick<Violation, "severity">[]): Verdict {
  if (violations.some(({ severity }) => severity === "failure")) return "fail";
  return violations.length > 0 ? "warn" : "pass";
}

/** Scores are compared with thresholds after rounding to 4 decimals: 0.4 + 0.2 + 0.1 is above 0.7 in binary. */
export function roundScore(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
