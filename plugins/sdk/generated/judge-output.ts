// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class Violation {
  /** Its name, such as min_response_length. */
  rule: string = "";
  /** One of: warning, failure. */
  severity: string = "";
  /** What was measured. NaN where there is none. */
  observed: f64 = NaN;
  /** What would have been allowed. NaN where there is none. */
  limit: f64 = NaN;
  message: string = "";

  toJson(): Json {
    const json = Json.object();
    json.set("rule", this.rule);
    json.set("severity", this.severity);
    if (!isNaN(this.observed)) json.set("observed", this.observed);
    if (!isNaN(this.limit)) json.set("limit", this.limit);
    json.set("message", this.message);
    return json;
  }
}

export class Span {
  /** What stands there, such as email. */
  label: string = "";
  /** UTF-16 code units before it. */
  start: f64 = NaN;
  /** In UTF-16 code units. */
  length: f64 = NaN;

  toJson(): Json {
    const json = Json.object();
    json.set("label", this.label);
    json.set("start", this.start);
    json.set("length", this.length);
    return json;
  }
}

export class JudgeOutput {
  /** One of: pass, warn, fail, abstain. */
  verdict: string = "";
  /** From 0, worst, to 1, best; absent where there is none. NaN where there is none. */
  score: f64 = NaN;
  reasons: string[] = [];
  /** Numbers by their names. */
  metrics: Json = Json.object();
  /** Rules that the answer broke; `reasons` says the same to people. */
  violations: Violation[] = [];
  /** Where in the answer something stands, in its order and apart from one another. */
  spans: Span[] = [];

  toJson(): Json {
    const json = Json.object();
    json.set("verdict", this.verdict);
    if (!isNaN(this.score)) json.set("score", this.score);
    json.set("reasons", this.reasons);
    json.set("metrics", this.metrics);
    const violationsJson = Json.array();
    for (let i = 0; i < this.violations.length; i++) violationsJson.push(this.violations[i].toJson());
    json.set("violations", violationsJson);
    const spansJson = Json.array();
    for (let i = 0; i < this.spans.length; i++) spansJson.push(this.spans[i].toJson());
    if (spansJson.length > 0) json.set("spans", spansJson);
    return json;
  }
}
