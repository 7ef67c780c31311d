import { Json } from "hearth-sdk";
import { Pattern } from "./pattern";
import { escapeToken, resolveRef } from "./pointer";

// Keywords by what they hold, each list with spaces at both ends and between.
const schemas: string = " additionalProperties items contains not if then else propertyNames ";
const schemaLists: string = " allOf anyOf oneOf prefixItems ";
const schemaMaps: string = " properties patternProperties $defs definitions dependentSchemas ";
const numbers: string = " minimum maximum exclusiveMinimum exclusiveMaximum multipleOf ";
const counts: string =
  " minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains ";
const annotations: string =
  " title description default examples deprecated readOnly writeOnly $comment $schema format contentEncoding " +
  "contentMediaType contentSchema ";
const types: string = " null boolean object array number integer string ";

/** Whether a schema is one, and whether all that it says can be checked here. Looked at once, before any answer. */
export class SchemaCheck {
  /** Empty, or the place that is no schema and why. */
  fault: string = "";
  /** Places whose meaning is not checked here. */
  unsupported: string[] = [];
  patterns: Map<string, Pattern> = new Map<string, Pattern>();

  constructor(private root: Json) {
    this.checkSchema(root, "#");
  }

  private refuse(at: string, expected: string): void {
    if (this.fault == "") this.fault = "criteria.schema " + at + ": expected " + expected;
  }

  private checkSchema(schema: Json, at: string): void {
    if (schema.isBool) return;
    if (!schema.isObject) {
      this.refuse(at, "a schema, which is an object, true or false");
      return;
    }
    const keys = schema.keys();
    for (let i = 0; i < keys.length; i++) {
      this.checkKeyword(keys[i], schema.get(keys[i]), at + "/" + escapeToken(keys[i]), at == "#");
    }
  }

  private checkKeyword(key: string, value: Json, at: string, isTop: bool): void {
    const padded = " " + key + " ";
    if (schemas.includes(padded)) this.checkOne(key, value, at);
    else if (schemaLists.includes(padded)) this.checkList(value, at);
    else if (schemaMaps.includes(padded)) this.checkMap(key, value, at);
    else if (numbers.includes(padded)) this.checkNumber(key, value, at);
    else if (counts.includes(padded)) {
      if (!(value.asNumber(-1) >= 0) || trunc(value.asNumber()) != value.asNumber()) {
        this.refuse(at, "a whole number, 0 or more");
      }
    } else if (key == "type") this.checkType(value, at);
    else if (key == "pattern") this.checkPattern(value, at);
    else if (key == "$ref") this.checkRef(value, at);
    else if (key == "required") this.checkStrings(value, at);
    else if (key == "dependentRequired") {
      if (!value.isObject) this.refuse(at, "an object of lists of texts");
      for (let i = 0; i < value.length; i++) this.checkStrings(value.at(i), at);
    } else if (key == "enum") {
      if (!value.isArray) this.refuse(at, "a list");
    } else if (key == "uniqueItems") {
      if (!value.isBool) this.refuse(at, "true or false");
    } else if (
      key != "const" &&
      !annotations.includes(padded) &&
      !key.startsWith("x-") &&
      !(key == "$id" && isTop)
    ) {
      this.unsupported.push(at);
    }
  }

  private checkOne(key: string, value: Json, at: string): void {
    if (key == "items" && value.isArray) this.refuse(at, "one schema; a list of them is prefixItems");
    else this.checkSchema(value, at);
  }

  private checkList(value: Json, at: string): void {
    if (!value.isArray || value.length == 0) this.refuse(at, "a list of schemas");
    for (let i = 0; i < value.length; i++) this.checkSchema(value.at(i), at + "/" + i.toString());
  }

  private checkMap(key: string, value: Json, at: string): void {
    if (!value.isObject) this.refuse(at, "an object of schemas");
    const keys = value.keys();
    for (let i = 0; i < keys.length; i++) {
      const place = at + "/" + escapeToken(keys[i]);
      if (key == "patternProperties") this.checkPattern(Json.string(keys[i]), place);
      this.checkSchema(value.at(i), place);
    }
  }

  private checkNumber(key: string, value: Json, at: string): void {
    if (!value.isNumber) this.refuse(at, "a number");
    else if (key == "multipleOf" && value.asNumber() <= 0) this.refuse(at, "a number above 0");
  }

  private checkType(value: Json, at: string): void {
    const isList = value.isArray && value.length > 0;
    const count = isList ? value.length : 1;
    for (let i = 0; i < count; i++) {
      const name = (isList ? value.at(i) : value).asString();
      if (name == "" || !types.includes(" " + name + " "))
        this.refuse(at, "one or more of" + types.trimEnd());
    }
  }

  private checkStrings(value: Json, at: string): void {
    if (!value.isArray || value.asStrings().length != value.length) this.refuse(at, "a list of texts");
  }

  private checkPattern(value: Json, at: string): void {
    if (!value.isString) {
      this.refuse(at, "a text");
      return;
    }
    const source = value.asString();
    if (this.patterns.has(source)) return;
    const pattern = new Pattern(source);
    this.patterns.set(source, pattern);
    if (pattern.fault != "") this.unsupported.push(at + " (" + pattern.fault + ")");
  }

  private checkRef(value: Json, at: string): void {
    const ref = value.asString();
    if (!value.isString) this.refuse(at, "a text");
    else if (ref != "#" && !ref.startsWith("#/")) this.unsupported.push(at + " (only #/… is possible)");
    else {
      const target = resolveRef(this.root, ref);
      if (!target.isObject && !target.isBool) this.refuse(at, "a place of this schema, got " + ref);
    }
  }
}
