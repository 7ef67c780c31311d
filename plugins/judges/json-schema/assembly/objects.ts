import { Json } from "hearth-sdk";
import { Validator } from "./validator";
import { checkCount, cut } from "./values";

export function checkObject(validator: Validator, schema: Json, value: Json): bool {
  let fits = checkCount(validator, schema, "Properties", value.length, " properties");
  fits = checkRequired(validator, schema.get("required"), value, "") && fits;
  fits = checkDependent(validator, schema, value) && fits;
  const hasRules =
    schema.has("properties") ||
    schema.has("patternProperties") ||
    schema.has("additionalProperties") ||
    schema.has("propertyNames");
  if (!hasRules || !validator.spend(<f64>value.length)) return fits;
  const keys = value.keys();
  for (let i = 0; i < keys.length; i++) fits = checkMember(validator, schema, keys[i], value.at(i)) && fits;
  return fits;
}

function checkRequired(validator: Validator, required: Json, value: Json, cause: string): bool {
  let fits = true;
  for (let i = 0; i < required.length; i++) {
    const key = required.at(i).asString();
    if (!value.has(key))
      fits = !validator.skips() && validator.refuse('"' + cut(key) + '" is missing' + cause);
  }
  return fits;
}

function checkDependent(validator: Validator, schema: Json, value: Json): bool {
  let fits = true;
  const required = schema.get("dependentRequired");
  if (required.exists) {
    const keys = required.keys();
    for (let i = 0; i < keys.length; i++) {
      if (!value.has(keys[i])) continue;
      fits = checkRequired(validator, required.at(i), value, ', which "' + cut(keys[i]) + '" needs') && fits;
    }
  }
  const schemas = schema.get("dependentSchemas");
  if (!schemas.exists) return fits;
  const keys = schemas.keys();
  for (let i = 0; i < keys.length; i++)
    if (value.has(keys[i])) fits = validator.check(schemas.at(i), value) && fits;
  return fits;
}

function checkMember(validator: Validator, schema: Json, key: string, value: Json): bool {
  let fits = true;
  let isKnown = false;
  const own = schema.get("properties").get(key);
  if (own.exists) {
    isKnown = true;
    fits = validator.checkAt(key, -1, own, value);
  }
  const byPattern = schema.get("patternProperties");
  if (byPattern.exists) {
    const patterns = byPattern.keys();
    for (let i = 0; i < patterns.length; i++) {
      if (!validator.matches(patterns[i], key)) continue;
      isKnown = true;
      fits = validator.checkAt(key, -1, byPattern.at(i), value) && fits;
    }
  }
  const others = schema.get("additionalProperties");
  if (others.isBool && !others.asBool() && !isKnown)
    fits = !validator.skips() && validator.refuse('"' + cut(key) + '" is not allowed');
  else if (others.exists && !isKnown) fits = validator.checkAt(key, -1, others, value) && fits;
  const names = schema.get("propertyNames");
  if (names.exists && !validator.fits(names, Json.string(key))) {
    fits = !validator.skips() && validator.refuse('the name "' + cut(key) + '" does not fit propertyNames');
  }
  return fits;
}
