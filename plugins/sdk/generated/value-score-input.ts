// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class ValueScoreInput {
  hook: string = "value.score";
  /** One of: success, partial, failure. */
  outcome: string = "";
  /** One of: -1, 0, 1. */
  feedback: f64 = 0;
  query: string = "";
  response: string = "";
  /** Past queries with a similarity of 0.8 or more, this one not counted. */
  n80: f64 = 0;
  /** Past queries with a similarity of 0.9 or more, this one not counted. */
  n90: f64 = 0;

  static from(json: Json): ValueScoreInput {
    const value = new ValueScoreInput();
    value.hook = json.get("hook").asString(value.hook);
    value.outcome = json.get("outcome").asString(value.outcome);
    value.feedback = json.get("feedback").asNumber(value.feedback);
    value.query = json.get("query").asString(value.query);
    value.response = json.get("response").asString(value.response);
    value.n80 = json.get("n80").asNumber(value.n80);
    value.n90 = json.get("n90").asNumber(value.n90);
    return value;
  }
}
