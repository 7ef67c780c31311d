import { Json } from "hearth-sdk";

const maxSimilarities = 10_000;

/** What is asked of an answer. `fault` is empty, or names the field that is wrong. */
export class Criteria {
  least: f64 = 0.7;
  /** Coherence before what repeats is taken off; NaN where nothing is given for it. */
  base: f64 = NaN;
  fault: string = "";

  constructor(json: Json) {
    this.least = this.readShare(json, "min_coherence_score", this.least);
    this.base = json.has("clarity") ? this.readShare(json, "clarity", NaN) : this.readMean(json);
  }

  private readShare(json: Json, name: string, fallback: f64): f64 {
    if (!json.has(name)) return fallback;
    const value = json.get(name).asNumber(-1);
    if (value >= 0 && value <= 1) return value;
    this.refuse("criteria." + name + " must be a number from 0 to 1");
    return fallback;
  }

  /** The mean of the cosines, none below 0. */
  private readMean(json: Json): f64 {
    if (!json.has("sentence_similarities")) return NaN;
    const list = json.get("sentence_similarities");
    if (!list.isArray || list.length > maxSimilarities) {
      this.refuse(`criteria.sentence_similarities must be a list of at most ${maxSimilarities} numbers`);
      return NaN;
    }
    let sum: f64 = 0;
    for (let i = 0; i < list.length; i++) {
      const cosine = list.at(i).asNumber(NaN);
      // A cosine of rounded vectors may be a little above 1.
      if (!(Math.abs(cosine) <= 1.001)) {
        this.refuse(`criteria.sentence_similarities[${i}] must be a number from -1 to 1`);
        return NaN;
      }
      sum += cosine;
    }
    return list.length == 0 ? NaN : Math.min(1, Math.max(0, sum / <f64>list.length));
  }

  private refuse(fault: string): void {
    if (this.fault == "") this.fault = fault;
  }
}
