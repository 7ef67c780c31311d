import { countCodePoints, Json, showNumber } from "hearth-sdk";
import { findRepeated } from "./equal";
import { Validator } from "./validator";

/** Rounding of one division and one multiplication. */
const tolerance: f64 = 4 * f64.EPSILON;

export function typeOf(value: Json): string {
  if (value.isNull) return "null";
  if (value.isBool) return "boolean";
  if (value.isObject) return "object";
  if (value.isArray) return "array";
  if (value.isString) return "string";
  return trunc(value.asNumber()) == value.asNumber() ? "integer" : "number";
}

export function checkNumber(validator: Validator, schema: Json, value: f64): bool {
  let fits = true;
  const least = schema.get("minimum");
  if (least.exists && value < least.asNumber())
    fits =
      !validator.skips() && validator.refuse(showNumber(value) + " is below " + showNumber(least.asNumber()));
  const most = schema.get("maximum");
  if (most.exists && value > most.asNumber())
    fits =
      !validator.skips() && validator.refuse(showNumber(value) + " is above " + showNumber(most.asNumber()));
  const above = schema.get("exclusiveMinimum");
  if (above.exists && value <= above.asNumber()) {
    fits =
      !validator.skips() &&
      validator.refuse(showNumber(value) + " is not above " + showNumber(above.asNumber()));
  }
  const below = schema.get("exclusiveMaximum");
  if (below.exists && value >= below.asNumber()) {
    fits =
      !validator.skips() &&
      validator.refuse(showNumber(value) + " is not below " + showNumber(below.asNumber()));
  }
  const step = schema.get("multipleOf");
  if (step.exists && !isMultiple(value, step.asNumber())) {
    fits =
      !validator.skips() &&
      validator.refuse(showNumber(value) + " is no multiple of " + showNumber(step.asNumber()));
  }
  return fits;
}

/** 0.3 is a multiple of 0.1, though 0.3 / 0.1 is 2.9999999999999996 in binary. */
function isMultiple(value: f64, step: f64): bool {
  const quotient = value / step;
  if (!isFinite(quotient)) return false;
  return abs(nearest(quotient) * step - value) <= abs(value) * tolerance;
}

export function checkString(validator: Validator, schema: Json, value: string): bool {
  let fits = true;
  const hasLength = schema.has("minLength") || schema.has("maxLength");
  if (hasLength && validator.spend(<f64>value.length / 100)) {
    fits = checkCount(validator, schema, "Length", countCodePoints(value), " characters");
  }
  const pattern = schema.get("pattern");
  if (pattern.exists && !validator.matches(pattern.asString(), value)) {
    fits = !validator.skips() && validator.refuse("it does not match the pattern " + cut(pattern.asString()));
  }
  return fits;
}

export function checkArray(validator: Validator, schema: Json, value: Json): bool {
  let fits = checkCount(validator, schema, "Items", value.length, " items");
  const first = schema.get("prefixItems");
  const rest = schema.get("items");
  for (let i = 0; i < value.length; i++) {
    const own = i < first.length ? first.at(i) : rest;
    if (!own.exists) break;
    fits = validator.checkAt("", i, own, value.at(i)) && fits;
  }
  if (schema.get("uniqueItems").asBool() && validator.spend(<f64>value.length)) {
    const repeated = findRepeated(validator, value);
    if (repeated >= 0)
      fits = !validator.skips() && validator.refuse("item " + repeated.toString() + " is there twice");
  }
  return schema.has("contains") ? checkContains(validator, schema, value) && fits : fits;
}

function checkContains(validator: Validator, schema: Json, value: Json): bool {
  const least = schema.get("minContains").asNumber(1);
  const most = schema.get("maxContains").asNumber(Infinity);
  let count: f64 = 0;
  for (let i = 0; i < value.length; i++) if (validator.fits(schema.get("contains"), value.at(i))) count++;
  if (count >= least && count <= most) return true;
  return !validator.skips() && validator.refuse(showNumber(count) + " items fit contains");
}

/** minLength and maxLength, minItems and maxItems, minProperties and maxProperties. */
export function checkCount(validator: Validator, schema: Json, noun: string, count: i32, what: string): bool {
  const least = schema.get("min" + noun).asNumber(0);
  const most = schema.get("max" + noun).asNumber(Infinity);
  if (<f64>count < least)
    return (
      !validator.skips() && validator.refuse(count.toString() + what + " are fewer than " + showNumber(least))
    );
  if (<f64>count > most)
    return (
      !validator.skips() && validator.refuse(count.toString() + what + " are more than " + showNumber(most))
    );
  return true;
}

export function cut(text: string): string {
  return text.length <= 100 ? text : text.substring(0, 100) + "…";
}
