import type { Cursor } from "./cursor.ts";
import { type GgufScalar, type GgufValue, type ScalarType, scalarTypes } from "./header.ts";
import { infillWatch } from "./infill-tokens.ts";

/** Longer arrays are counted and not kept. */
const maxKeptElements = 1_024;
/** Longer texts are skipped; templates are far shorter. */
const maxKeptTextBytes = 2 ** 20;
const maxStringBytes = 2 ** 26;
const maxArrayElements = 2 ** 28;

/** What is left of the limits over the whole header. */
export type ValueBudget = { textBytes: number; stringElements: number; keptElements: number };

const fixedBytes: Readonly<Partial<Record<ScalarType, number>>> = {
  u8: 1,
  i8: 1,
  bool: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  u64: 8,
  i64: 8,
  f64: 8,
};

export function readValue(cursor: Cursor, type: ScalarType, budget: ValueBudget): GgufValue {
  if (type === "array") return readArray(cursor, budget);
  if (type === "string") {
    const bytes = cursor.count("bytes of text", maxStringBytes);
    if (bytes <= maxKeptTextBytes) return { type: "text", value: readText(cursor, bytes, budget) };
    cursor.skip(bytes);
    return { type: "omitted-text", bytes };
  }
  const value = readScalar(cursor, type, budget);
  return typeof value === "boolean" ? { type: "boolean", value } : { type: "number", value: toNumber(value) };
}

function readArray(cursor: Cursor, budget: ValueBudget): GgufValue {
  const typeNumber = cursor.u32();
  const elementType = scalarTypes[typeNumber];
  if (elementType === undefined)
    throw cursor.malformed(`an array has the unknown element type ${typeNumber}`);
  if (elementType === "array") throw cursor.malformed("an array holds arrays, which no model uses");
  const count = cursor.count("elements in an array", maxArrayElements);
  if (elementType === "string") takeStrings(cursor, count, budget);
  if (count > Math.min(maxKeptElements, budget.keptElements)) {
    const marks = skipElements(cursor, elementType, count);
    return { type: "array", elementType, count, ...(marks.length > 0 && { marks }) };
  }
  budget.keptElements -= count;
  const values: GgufScalar[] = [];
  for (let index = 0; index < count; index += 1) values.push(readScalar(cursor, elementType, budget));
  return { type: "array", elementType, count, values };
}

function takeStrings(cursor: Cursor, count: number, budget: ValueBudget): void {
  budget.stringElements -= count;
  if (budget.stringElements < 0) throw cursor.malformed("its arrays hold too many strings");
}

function skipElements(cursor: Cursor, type: ScalarType, count: number): readonly string[] {
  const bytes = fixedBytes[type];
  if (bytes === undefined) return cursor.skipTexts({ count, maxBytes: maxStringBytes, watch: infillWatch });
  cursor.skip(bytes * count);
  return [];
}

function readScalar(cursor: Cursor, type: Exclude<ScalarType, "array">, budget: ValueBudget): GgufScalar {
  switch (type) {
    case "u8":
    case "i8":
    case "u16":
    case "i16":
    case "u32":
    case "i32":
    case "f32":
    case "f64":
    case "u64":
    case "i64":
      return cursor[type]();
    case "bool": {
      const byte = cursor.u8();
      if (byte > 1) throw cursor.malformed(`a true-or-false value is ${byte}`);
      return byte === 1;
    }
    case "string":
      return readText(cursor, cursor.count("bytes of text", maxKeptTextBytes), budget);
    default:
      return type satisfies never;
  }
}

function readText(cursor: Cursor, bytes: number, budget: ValueBudget): string {
  budget.textBytes -= bytes;
  if (budget.textBytes < 0) throw cursor.malformed("its metadata holds too much text");
  return cursor.text(bytes);
}

function toNumber(value: GgufScalar): number | bigint {
  return typeof value === "bigint" ? value : Number(value);
}
