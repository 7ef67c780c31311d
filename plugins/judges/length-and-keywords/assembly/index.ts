import { countCodePoints, refuse, runJudge, showNumber, Verdict } from "hearth-sdk";
import { Criteria } from "./criteria";
import { fold, KeywordSearch } from "./keyword-search";
import { isBlank, quote } from "./text";

/** The contract allows 64. */
const maxReasons = 63;

export function judge(): i32 {
  return runJudge((input) => {
    const criteria = new Criteria(input.criteria);
    return criteria.fault == "" ? check(input.response, criteria) : refuse(criteria.fault);
  });
}

/** Every check is made whatever the others say, so that an author sees all that is wrong at once. */
function check(response: string, criteria: Criteria): Verdict {
  const violations: string[] = [];
  const length = countCodePoints(response);
  if (isBlank(response)) violations.push("the answer is blank");
  if (<f64>length < criteria.minLength) {
    violations.push(`the answer has ${length} characters, fewer than ${showNumber(criteria.minLength)}`);
  }
  if (<f64>length > criteria.maxLength) {
    violations.push(`the answer has ${length} characters, more than ${showNumber(criteria.maxLength)}`);
  }
  const search = new KeywordSearch(response);
  let requiredFound = 0;
  for (let i = 0; i < criteria.required.length; i++) {
    if (search.has(fold(criteria.required[i]))) requiredFound++;
    else violations.push("required keyword " + quote(criteria.required[i]) + " is missing");
  }
  let forbiddenFound = 0;
  for (let i = 0; i < criteria.forbidden.length; i++) {
    if (!search.has(fold(criteria.forbidden[i]))) continue;
    forbiddenFound++;
    violations.push("forbidden keyword " + quote(criteria.forbidden[i]) + " is present");
  }
  const checks = 3 + criteria.required.length + criteria.forbidden.length;
  return toVerdict(violations, checks)
    .withMetric("length", <f64>length)
    .withMetric("required_found", <f64>requiredFound)
    .withMetric("required_missing", <f64>(criteria.required.length - requiredFound))
    .withMetric("forbidden_found", <f64>forbiddenFound);
}

function toVerdict(violations: string[], checks: i32): Verdict {
  const verdict = new Verdict();
  verdict.verdict = violations.length == 0 ? "pass" : "fail";
  const rest = violations.length - maxReasons;
  verdict.reasons = violations.slice(0, maxReasons);
  if (rest > 0) verdict.reasons.push(`and ${rest} more`);
  return verdict.withScore(<f64>(checks - violations.length) / <f64>checks);
}
