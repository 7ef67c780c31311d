// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class RouteDecideOutput {
  /** One of: local, remote. */
  route: string = "";
  /** One of: code, reasoning, format, lookup, synthesize. */
  type: string = "";
  inputTokens: f64 = NaN;
  outputEstimate: f64 = NaN;
  contextScore: f64 = NaN;
  complexity: f64 = NaN;
  /** NaN where there is none. */
  budgetLeft: f64 = NaN;
  /** The rule that decided. */
  rule: string = "";
  reason: string = "";

  toJson(): Json {
    const json = Json.object();
    json.set("route", this.route);
    json.set("type", this.type);
    json.set("inputTokens", this.inputTokens);
    json.set("outputEstimate", this.outputEstimate);
    json.set("contextScore", this.contextScore);
    json.set("complexity", this.complexity);
    if (!isNaN(this.budgetLeft)) json.set("budgetLeft", this.budgetLeft);
    json.set("rule", this.rule);
    json.set("reason", this.reason);
    return json;
  }
}
