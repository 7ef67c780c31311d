import { abstain, isBlank, refuse, roundTo, runJudge, showNumber, Verdict } from "hearth-sdk";
import { Criteria } from "./criteria";
import { Flaws } from "./flaws";
import { scoreLegacy } from "./legacy";
import { Reading } from "./reading";

/** What can be read within the memory that a call has by default; characters without spaces count twice. */
const maxSize = 1_000_000;
const leastWords = 3;

export function judge(): i32 {
  return runJudge((input) => {
    const criteria = new Criteria(input.criteria);
    if (criteria.fault != "") return refuse(criteria.fault);
    if (Reading.sizeOf(input.response) > maxSize) return abstain("the answer is too large to be read");
    return check(input.response, criteria);
  });
}

function check(response: string, criteria: Criteria): Verdict {
  if (isBlank(response)) return finish(new Verdict(), 0, "the answer is blank", criteria);
  const reading = new Reading(response);
  const flaws = new Flaws(reading);
  const verdict = new Verdict()
    .withMetric("words", <f64>reading.count)
    .withMetric("distinct_bigrams", flaws.bigramShare)
    .withMetric("coherence_legacy", scoreLegacy(response));
  if (reading.count < leastWords)
    return finish(verdict, 0, `the answer has fewer than ${leastWords} words`, criteria);
  flaws.tell(verdict);
  const base = criteria.base;
  if (!isNaN(base)) return finish(verdict, base * flaws.factor, "", criteria);
  return finishWithoutBase(verdict, flaws.factor, criteria);
}

function finish(verdict: Verdict, coherence: f64, cause: string, criteria: Criteria): Verdict {
  const rounded = roundTo(coherence, 4);
  if (rounded < criteria.least) {
    const message = `coherence ${showNumber(rounded)} is below ${showNumber(criteria.least)}`;
    addWarning(verdict, cause == "" ? message : message + ": " + cause, rounded, criteria.least);
  }
  return settle(verdict).withScore(rounded).withMetric("coherence", rounded);
}

/** A base is at most 1, so that what repeats can settle it alone. */
function finishWithoutBase(verdict: Verdict, factor: f64, criteria: Criteria): Verdict {
  const most = roundTo(factor, 4);
  if (most < criteria.least) {
    const message = `coherence is at most ${showNumber(most)}, below ${showNumber(criteria.least)}: words repeat`;
    addWarning(verdict, message, most, criteria.least);
  }
  if (verdict.violations.length > 0) return settle(verdict);
  verdict.verdict = "abstain";
  return verdict.withReason("neither clarity nor sentence_similarities is given to score coherence by");
}

function addWarning(verdict: Verdict, message: string, observed: f64, limit: f64): void {
  verdict.withReason(message).withViolation("min_coherence_score", "warning", message, observed, limit);
}

function settle(verdict: Verdict): Verdict {
  verdict.verdict = verdict.violations.length > 0 ? "warn" : "pass";
  return verdict;
}
