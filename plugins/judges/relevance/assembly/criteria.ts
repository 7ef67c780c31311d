import { Json } from "hearth-sdk";

/** Each keyword is one pass over the answer. */
const maxKeywords = 256;

/** What is asked of an answer. `fault` is empty, or names the field that is wrong. */
export class Criteria {
  least: f64 = 0.8;
  /** Cosine of prompt and answer; NaN where it is not known. */
  similarity: f64 = NaN;
  /** Mean cosines of prompts with answers to others, and to them. */
  unmatched: f64 = 0;
  matched: f64 = 1;
  required: string[] = [];
  forbidden: string[] = ["I cannot", "I don't know", "unable to"];
  /** Characters; for the legacy score alone. */
  minLength: f64 = 10;
  maxLength: f64 = 10000;
  fault: string = "";

  constructor(json: Json) {
    this.least = this.readNumber(json, "min_relevance_score", this.least, 0, 1);
    // A cosine of rounded vectors may be a little above 1.
    this.similarity = this.readNumber(json, "similarity", NaN, -1.001, 1.001);
    this.unmatched = this.readNumber(json, "unmatched", this.unmatched, -1, 1);
    this.matched = this.readNumber(json, "matched", this.matched, -1, 1.001);
    this.required = this.readKeywords(json, "required_keywords", this.required);
    this.forbidden = this.readKeywords(json, "forbidden_keywords", this.forbidden);
    this.minLength = this.readNumber(json, "min_response_length", this.minLength, 0, Infinity);
    this.maxLength = this.readNumber(json, "max_response_length", this.maxLength, 0, Infinity);
    if (this.matched <= this.unmatched) this.refuse("criteria.matched must be above criteria.unmatched");
  }

  private readNumber(json: Json, name: string, fallback: f64, least: f64, most: f64): f64 {
    if (!json.has(name)) return fallback;
    const value = json.get(name).asNumber(NaN);
    if (value >= least && value <= most) return value;
    this.refuse("criteria." + name + " must be a number " + boundsOf(least, most));
    return fallback;
  }

  private readKeywords(json: Json, name: string, fallback: string[]): string[] {
    if (!json.has(name)) return fallback;
    const list = json.get(name);
    const words = list.asStrings();
    if (!list.isArray || words.length != list.length || words.includes("")) {
      this.refuse("criteria." + name + " must be a list of texts that are not empty");
    } else if (words.length > maxKeywords) {
      this.refuse("criteria." + name + " has more than " + maxKeywords.toString() + " keywords");
    }
    return words;
  }

  private refuse(fault: string): void {
    if (this.fault == "") this.fault = fault;
  }
}

function boundsOf(least: f64, most: f64): string {
  if (most == Infinity) return "of 0 or more";
  return least < 0 ? "from -1 to 1" : "from 0 to 1";
}
