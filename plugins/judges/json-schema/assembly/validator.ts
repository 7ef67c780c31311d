import { Json } from "hearth-sdk";
import { isEqual } from "./equal";
import { checkObject } from "./objects";
import { Pattern } from "./pattern";
import { escapeToken, resolveRef } from "./pointer";
import { checkArray, checkNumber, checkString, typeOf } from "./values";

/** Schemas that are gone through in one call, and states of patterns. More than that is no schema of an answer. */
const maxWork: f64 = 4_000_000;
const maxDepth = 400;
const maxViolations = 20;

/** Compares one value with a schema that SchemaCheck has looked at. */
export class Validator {
  violations: string[] = [];
  violationCount: i32 = 0;
  /** Empty, or why it gave up. */
  stopped: string = "";
  private work: f64 = 0;
  private depth: i32 = 0;
  // Of each step of the path a key, or the index of an item where that is not -1. Nothing is freed in a call: texts of
  // pointers are made for violations alone.
  private keys: string[] = [];
  private indexes: i32[] = [];
  private targets: Map<string, Json> = new Map<string, Json>();
  /** Above 0 within branches that may fail: anyOf, oneOf, not, if, contains. */
  private quiet: i32 = 0;

  constructor(
    private root: Json,
    public patterns: Map<string, Pattern>,
  ) {}

  /** Whether nobody reads the message of a violation here; it is then counted and its text need not be made. */
  skips(): bool {
    if (this.quiet > 0) return true;
    if (this.violations.length < maxViolations) return false;
    this.violationCount++;
    return true;
  }

  /** Called where `skips` is not. Always false, so that a check can end with it. */
  refuse(message: string): bool {
    this.violationCount++;
    let place = "#";
    for (let i = 0; i < this.keys.length; i++) {
      place += "/" + (this.indexes[i] < 0 ? escapeToken(this.keys[i]) : this.indexes[i].toString());
    }
    this.violations.push(place + ": " + message);
    return false;
  }

  spend(amount: f64): bool {
    this.work += amount;
    if (this.work > maxWork && this.stopped == "")
      this.stopped = "the schema takes too much work on this answer";
    return this.stopped == "";
  }

  matches(pattern: string, text: string): bool {
    const known = this.patterns.get(pattern);
    const isFound = known.test(text, maxWork - this.work);
    this.spend(known.visited);
    return isFound;
  }

  /** At a member of the value at hand, or at an item where `index` is not -1. */
  checkAt(key: string, index: i32, schema: Json, value: Json): bool {
    this.keys.push(key);
    this.indexes.push(index);
    const fits = this.check(schema, value);
    this.keys.pop();
    this.indexes.pop();
    return fits;
  }

  /** Without a word about what does not fit. */
  fits(schema: Json, value: Json): bool {
    this.quiet++;
    const isFit = this.check(schema, value);
    this.quiet--;
    return isFit;
  }

  check(schema: Json, value: Json): bool {
    if (!this.spend(1)) return false;
    if (schema.isBool) return schema.asBool() || (!this.skips() && this.refuse("nothing may stand here"));
    if (this.depth >= maxDepth) {
      this.stopped = "the schema refers to itself without end, or is too deep";
      return false;
    }
    this.depth++;
    let fits = this.checkType(schema, value);
    fits = this.checkChoice(schema, value) && fits;
    if (schema.has("$ref")) fits = this.check(this.resolve(schema.get("$ref").asString()), value) && fits;
    if (value.isNumber) fits = checkNumber(this, schema, value.asNumber()) && fits;
    if (value.isString) fits = checkString(this, schema, value.asString()) && fits;
    if (value.isArray) fits = checkArray(this, schema, value) && fits;
    if (value.isObject) fits = checkObject(this, schema, value) && fits;
    fits = this.checkBranches(schema, value) && fits;
    this.depth--;
    return fits;
  }

  private checkType(schema: Json, value: Json): bool {
    const type = schema.get("type");
    if (!type.exists) return true;
    const actual = typeOf(value);
    if (type.isString) {
      return (
        isOfType(type.asString(), actual) ||
        (!this.skips() && this.refuse("expected " + type.asString() + ", got " + actual))
      );
    }
    for (let i = 0; i < type.length; i++) if (isOfType(type.at(i).asString(), actual)) return true;
    return !this.skips() && this.refuse("expected " + type.asStrings().join(" or ") + ", got " + actual);
  }

  private resolve(ref: string): Json {
    if (!this.targets.has(ref)) this.targets.set(ref, resolveRef(this.root, ref));
    return this.targets.get(ref);
  }

  private checkChoice(schema: Json, value: Json): bool {
    const constant = schema.get("const");
    let fits =
      !constant.exists ||
      isEqual(constant, value) ||
      (!this.skips() && this.refuse("it is not what const says"));
    const choices = schema.get("enum");
    if (!choices.exists) return fits;
    this.spend(<f64>choices.length);
    for (let i = 0; i < choices.length; i++) if (isEqual(choices.at(i), value)) return fits;
    fits = !this.skips() && this.refuse("it is none of enum");
    return fits;
  }

  private checkBranches(schema: Json, value: Json): bool {
    let fits = true;
    const all = schema.get("allOf");
    for (let i = 0; i < all.length; i++) fits = this.check(all.at(i), value) && fits;
    const any = schema.get("anyOf");
    if (any.exists && this.countFits(any, value, 1) == 0)
      fits = !this.skips() && this.refuse("it fits none of anyOf");
    const one = schema.get("oneOf");
    const count = one.exists ? this.countFits(one, value, 2) : 1;
    if (count != 1)
      fits =
        !this.skips() && this.refuse(count == 0 ? "it fits none of oneOf" : "it fits more than one of oneOf");
    if (schema.has("not") && this.fits(schema.get("not"), value))
      fits = !this.skips() && this.refuse("it fits what not forbids");
    if (!schema.has("if")) return fits;
    const branch = schema.get(this.fits(schema.get("if"), value) ? "then" : "else");
    return branch.exists ? this.check(branch, value) && fits : fits;
  }

  private countFits(schemas: Json, value: Json, most: i32): i32 {
    let count = 0;
    for (let i = 0; i < schemas.length && count < most; i++) if (this.fits(schemas.at(i), value)) count++;
    return count;
  }
}

function isOfType(name: string, actual: string): bool {
  return name == actual || (name == "number" && actual == "integer");
}
