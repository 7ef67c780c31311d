// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class ValueScoreOutputTerms {
  outcome: f64 = NaN;
  feedback: f64 = NaN;
  reusability: f64 = NaN;
  complexity: f64 = NaN;
  novelty: f64 = NaN;

  toJson(): Json {
    const json = Json.object();
    json.set("outcome", this.outcome);
    json.set("feedback", this.feedback);
    json.set("reusability", this.reusability);
    json.set("complexity", this.complexity);
    json.set("novelty", this.novelty);
    return json;
  }
}

export class ValueScoreOutput {
  value: f64 = NaN;
  terms: ValueScoreOutputTerms = new ValueScoreOutputTerms();
  /** Whether the value reaches the bar of 0.7. */
  highValue: bool = false;
  /** Whether a pattern is to be made of it: high value and outcome success. */
  extract: bool = false;

  toJson(): Json {
    const json = Json.object();
    json.set("value", this.value);
    json.set("terms", this.terms.toJson());
    json.set("highValue", this.highValue);
    json.set("extract", this.extract);
    return json;
  }
}
