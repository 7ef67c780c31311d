// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class JudgeOutput {
  /** One of: pass, warn, fail, abstain. */
  verdict: string = "";
  /** From 0, worst, to 1, best; absent where there is none. NaN where there is none. */
  score: f64 = NaN;
  reasons: string[] = [];
  /** Numbers by their names. */
  metrics: Json = Json.object();

  toJson(): Json {
    const json = Json.object();
    json.set("verdict", this.verdict);
    if (!isNaN(this.score)) json.set("score", this.score);
    json.set("reasons", this.reasons);
    json.set("metrics", this.metrics);
    return json;
  }
}
