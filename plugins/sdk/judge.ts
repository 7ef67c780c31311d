import { JudgeInput } from "./generated/judge-input";
import { JudgeOutput, Span, Violation } from "./generated/judge-output";
import { readJson, reportError, writeJson } from "./host";

/** What a judge says: `fail("too long").withScore(0.2).withMetric("words", 812)`. */
export class Verdict extends JudgeOutput {
  /** What was wrong with the question, or "". */
  fault: string = "";

  /** From 0, worst, to 1, best. */
  withScore(score: f64): this {
    this.score = score;
    return this;
  }

  withReason(reason: string): this {
    this.reasons.push(reason);
    return this;
  }

  withMetric(name: string, value: f64): this {
    this.metrics.set(name, value);
    return this;
  }

  /** A rule that the answer broke. `severity`: "warning" or "failure"; NaN where there is no number. */
  withViolation(
    rule: string,
    severity: string,
    message: string,
    observed: f64 = NaN,
    limit: f64 = NaN,
  ): this {
    const violation = new Violation();
    violation.rule = rule;
    violation.severity = severity;
    violation.message = message;
    violation.observed = observed;
    violation.limit = limit;
    this.violations.push(violation);
    return this;
  }

  /** A place in the answer, in UTF-16 units; in the order of the answer, and none within another. */
  withSpan(label: string, start: i32, length: i32): this {
    const span = new Span();
    span.label = label;
    span.start = start;
    span.length = length;
    this.spans.push(span);
    return this;
  }
}

export function pass(reason: string = ""): Verdict {
  return makeVerdict("pass", reason);
}

export function warn(reason: string): Verdict {
  return makeVerdict("warn", reason);
}

export function fail(reason: string): Verdict {
  return makeVerdict("fail", reason);
}

/** For what the judge cannot judge. */
export function abstain(reason: string): Verdict {
  return makeVerdict("abstain", reason);
}

/** Ends the call with an error instead: for criteria that make no sense. */
export function refuse(message: string): Verdict {
  const made = new Verdict();
  made.fault = message;
  return made;
}

function makeVerdict(verdict: string, reason: string): Verdict {
  const made = new Verdict();
  made.verdict = verdict;
  return reason == "" ? made : made.withReason(reason);
}

/** The body of a judge's export: `return runJudge((input) => pass())`. Functions cannot see variables around them. */
export function runJudge(decide: (input: JudgeInput) => Verdict): i32 {
  const verdict = decide(JudgeInput.from(readJson()));
  if (verdict.fault != "") return reportError(verdict.fault);
  writeJson(verdict.toJson());
  return 0;
}
