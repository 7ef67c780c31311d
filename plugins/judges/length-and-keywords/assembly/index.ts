import {
  abstain,
  countCodePoints,
  isBlank,
  KeywordSearch,
  refuse,
  runJudge,
  showNumber,
  Verdict,
} from "hearth-sdk";
import { Criteria } from "./criteria";
import { quote } from "./text";

/** The contract allows 64 reasons and as many violations. */
const maxNamed = 63;
/** What can be searched within the memory that a call has by default. */
const maxSize = 6_000_000;

export function judge(): i32 {
  return runJudge((input) => {
    const criteria = new Criteria(input.criteria);
    if (criteria.fault != "") return refuse(criteria.fault);
    if (input.response.length > maxSize) return abstain("the answer is too large to be searched");
    return check(input.response, criteria);
  });
}

/** Every check is made whatever the others say, so that an author sees all that is wrong at once. */
function check(response: string, criteria: Criteria): Verdict {
  const findings = new Findings();
  const length = countCodePoints(response);
  const search = new KeywordSearch(response);
  findings.checkLength(response, <f64>length, criteria);
  for (let i = 0; i < criteria.forbidden.length; i++) {
    if (search.has(criteria.forbidden[i])) findings.addForbidden(criteria.forbidden[i]);
  }
  for (let i = 0; i < criteria.required.length; i++) {
    if (!search.has(criteria.required[i])) findings.addMissing(criteria.required[i]);
  }
  return findings
    .toVerdict(3 + criteria.required.length + criteria.forbidden.length)
    .withMetric("length", <f64>length)
    .withMetric("required_found", <f64>(criteria.required.length - findings.missing))
    .withMetric("required_missing", <f64>findings.missing)
    .withMetric("forbidden_found", <f64>findings.forbidden);
}

class Findings {
  missing: i32 = 0;
  forbidden: i32 = 0;
  private count: i32 = 0;
  private verdict: Verdict = new Verdict();

  checkLength(response: string, length: f64, criteria: Criteria): void {
    const shown = `the answer has ${showNumber(length)} characters, `;
    const least = criteria.minLength;
    const most = criteria.maxLength;
    if (isBlank(response)) this.add("blank_response", "failure", "the answer is blank");
    if (length < least)
      this.add("min_response_length", "failure", shown + `fewer than ${showNumber(least)}`, length, least);
    if (length > most)
      this.add("max_response_length", "warning", shown + `more than ${showNumber(most)}`, length, most);
  }

  addForbidden(keyword: string): void {
    this.forbidden++;
    this.add("forbidden_keywords", "warning", "forbidden keyword " + quote(keyword) + " is present");
  }

  addMissing(keyword: string): void {
    this.missing++;
    this.add("required_keywords", "warning", "required keyword " + quote(keyword) + " is missing");
  }

  private add(rule: string, severity: string, message: string, observed: f64 = NaN, limit: f64 = NaN): void {
    this.count++;
    if (severity == "failure") this.verdict.verdict = "fail";
    else if (this.verdict.verdict != "fail") this.verdict.verdict = "warn";
    if (this.count > maxNamed) return;
    this.verdict.withReason(message).withViolation(rule, severity, message, observed, limit);
  }

  /** Failures were added first: those that are only counted are warnings. */
  toVerdict(checks: i32): Verdict {
    const verdict = this.verdict;
    if (this.count == 0) verdict.verdict = "pass";
    if (this.count > maxNamed) {
      const rest = this.count - maxNamed;
      const message = `and ${rest} more`;
      verdict.withReason(message).withViolation("more_keywords", "warning", message, <f64>rest);
    }
    return verdict.withScore(<f64>(checks - this.count) / <f64>checks);
  }
}
