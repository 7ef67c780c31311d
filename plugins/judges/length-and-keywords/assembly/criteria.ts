import { Json } from "hearth-sdk";

/** Each keyword is one pass over the answer. */
const maxKeywords = 256;

/** What is asked of an answer. `fault` is empty, or names the field that is wrong. */
export class Criteria {
  minLength: f64 = 10;
  maxLength: f64 = 10000;
  required: string[] = [];
  forbidden: string[] = ["I cannot", "I don't know", "unable to"];
  fault: string = "";

  constructor(json: Json) {
    this.minLength = this.readLength(json, "min_response_length", this.minLength);
    this.maxLength = this.readLength(json, "max_response_length", this.maxLength);
    this.required = this.readKeywords(json, "required_keywords", this.required);
    this.forbidden = this.readKeywords(json, "forbidden_keywords", this.forbidden);
    if (this.minLength > this.maxLength) this.settleLengths(json);
  }

  /** A default gives way to what was asked for. */
  private settleLengths(json: Json): void {
    if (!json.has("min_response_length")) this.minLength = this.maxLength;
    else if (!json.has("max_response_length")) this.maxLength = this.minLength;
    else this.refuse("criteria.min_response_length is above criteria.max_response_length");
  }

  private readLength(json: Json, name: string, fallback: f64): f64 {
    if (!json.has(name)) return fallback;
    const value = json.get(name).asNumber(-1);
    if (value >= 0 && Math.floor(value) == value) return value;
    this.refuse("criteria." + name + " must be a whole number of characters, 0 or more");
    return fallback;
  }

  private readKeywords(json: Json, name: string, fallback: string[]): string[] {
    if (!json.has(name)) return fallback;
    const list = json.get(name);
    const words = list.asStrings();
    if (!list.isArray || words.length != list.length) {
      this.refuse("criteria." + name + " must be a list of texts");
    } else if (words.includes("")) {
      this.refuse("criteria." + name + " has an empty keyword, which is in every answer");
    } else if (words.length > maxKeywords) {
      this.refuse("criteria." + name + " has more than " + maxKeywords.toString() + " keywords");
    }
    return words;
  }

  private refuse(fault: string): void {
    if (this.fault == "") this.fault = fault;
  }
}
