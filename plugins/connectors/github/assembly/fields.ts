import { Json } from "hearth-sdk";

const TEXT = 0;
const NULLABLE_TEXT = 1;
const NUMBER = 2;
const WHOLE = 3;
const FLAG = 4;
const TEXTS = 5;

/** A field of a result and where GitHub has it, such as `repository.full_name`. */
export class Field {
  constructor(
    public name: string,
    public from: string,
    public type: i32,
  ) {}
}

export function text(name: string, from: string = name): Field {
  return new Field(name, from, TEXT);
}
export function nullableText(name: string, from: string = name): Field {
  return new Field(name, from, NULLABLE_TEXT);
}
export function number(name: string, from: string = name): Field {
  return new Field(name, from, NUMBER);
}
export function whole(name: string, from: string = name): Field {
  return new Field(name, from, WHOLE);
}
export function flag(name: string, from: string = name): Field {
  return new Field(name, from, FLAG);
}
/** Absent, it is empty. */
export function texts(name: string, from: string = name): Field {
  return new Field(name, from, TEXTS);
}

/** The fields alone, or null where GitHub's object lacks one or has it in another type. */
export function pick(source: Json, fields: Field[]): Json | null {
  const result = Json.object();
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    const found = read(follow(source, field.from), field.type);
    if (!found) return null;
    result.put(field.name, found);
  }
  return result;
}

/** Each item of an array picked, at most so many; null where it is no array or one does not fit. */
export function pickAll(source: Json, fields: Field[], most: i32): Json | null {
  if (!source.isArray) return null;
  const results = Json.array();
  for (let i = 0; i < source.length && i < most; i++) {
    const result = pick(source.at(i), fields);
    if (!result) return null;
    results.push(result);
  }
  return results;
}

function follow(source: Json, path: string): Json {
  const keys = path.split(".");
  for (let i = 0; i < keys.length; i++) source = source.get(keys[i]);
  return source;
}

function read(value: Json, type: i32): Json | null {
  switch (type) {
    case TEXT:
      return value.isString ? value : null;
    case NULLABLE_TEXT:
      if (value.isString) return value;
      return value.isNull || !value.exists ? Json.null() : null;
    case NUMBER:
      return value.isNumber ? value : null;
    case WHOLE:
      return value.isNumber && trunc(value.asNumber()) == value.asNumber() ? value : null;
    case FLAG:
      return value.isBool ? value : null;
    default:
      if (!value.exists) return Json.array();
      return value.isArray && value.asStrings().length == value.length ? value : null;
  }
}
