import { abstain, fail, Json, pass, refuse, runJudge, Verdict } from "hearth-sdk";
import { SchemaCheck } from "./check-schema";
import { FoundJson } from "./find-json";
import { Validator } from "./validator";

/** More would not fit into the memory that a call has by default. */
const maxValues = 50_000;
const maxUnits = 4_000_000;
const maxReasons = 20;
const maxReasonUnits = 1_500;

export function judge(): i32 {
  return runJudge((input) => {
    const schema = input.criteria.get("schema");
    const fence = input.criteria.get("allow_fence");
    if (!schema.exists)
      return refuse("criteria.schema is missing: there is nothing to compare the answer with");
    if (fence.exists && !fence.isBool) return refuse("criteria.allow_fence must be true or false");
    const checked = new SchemaCheck(schema);
    if (checked.fault != "") return refuse(cutReason(checked.fault));
    return check(input.response, schema, checked, fence.asBool(true));
  });
}

function check(response: string, schema: Json, checked: SchemaCheck, allowFence: bool): Verdict {
  if (checked.unsupported.length > 0) return listUnsupported(checked.unsupported);
  if (response.length > maxUnits) return abstain("the answer is too long to be checked");
  const found = new FoundJson(response, allowFence);
  const syntax = found.syntax;
  if (syntax.isDeep) return abstain("the answer is nested too deep to be checked");
  if (!syntax.isJson) {
    const reason = `the answer is no JSON: unexpected ${describe(found.text, syntax.place)} at ${syntax.place}`;
    return fail(reason).withScore(0);
  }
  if (syntax.values > maxValues)
    return abstain(`the answer has ${syntax.values} values, too many to be checked`);
  const validator = new Validator(schema, checked.patterns);
  validator.check(schema, Json.parse(found.text));
  if (validator.stopped != "") return abstain(validator.stopped);
  const verdict = validator.violationCount == 0 ? pass().withScore(1) : violated(validator);
  return verdict
    .withMetric("violations", <f64>validator.violationCount)
    .withMetric("values", <f64>syntax.values);
}

function violated(validator: Validator): Verdict {
  const verdict = new Verdict();
  verdict.verdict = "fail";
  for (let i = 0; i < validator.violations.length; i++)
    verdict.withReason(cutReason(validator.violations[i]));
  const rest = validator.violationCount - validator.violations.length;
  if (rest > 0) verdict.withReason(`and ${rest} more`);
  return verdict.withScore(0);
}

/** Half of a schema is no schema: what passes it may still be wrong, and what fails a `not` may be right. */
function listUnsupported(unsupported: string[]): Verdict {
  const verdict = abstain("the schema asks for what this judge does not check");
  for (let i = 0; i < unsupported.length && i < maxReasons; i++) {
    verdict.withReason(cutReason("criteria.schema " + unsupported[i] + " is not checked"));
  }
  return verdict.withMetric("unsupported", <f64>unsupported.length);
}

function describe(text: string, place: i32): string {
  if (place >= text.length) return "end";
  const code = text.codePointAt(place);
  return code > 0x20 ? '"' + String.fromCodePoint(code) + '"' : "white space or control character";
}

function cutReason(reason: string): string {
  return reason.length <= maxReasonUnits ? reason : reason.substring(0, maxReasonUnits) + "…";
}
