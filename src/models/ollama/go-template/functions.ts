import { joinBounded } from "./bounded-text.ts";
import { isEqual, isEqualToAny, isLess } from "./compare.ts";
import { formatText } from "./printf.ts";
import { describeType, formatValue, type GoObject, type GoValue, isTrue, toJsonText } from "./values.ts";

export type FunctionContext = {
  readonly now: Date;
  /** The longest text that a function may make. */
  readonly maxTextChars: number;
};

type Implementation = {
  readonly min: number;
  readonly max: number;
  readonly run: (values: readonly GoValue[], context: FunctionContext) => GoValue;
};

const unlimited = Number.POSITIVE_INFINITY;

/** `and` and `or` stop early and are the evaluator's own. */
const functions: ReadonlyMap<string, Implementation> = new Map<string, Implementation>([
  ["not", { min: 1, max: 1, run: ([value = null]) => !isTrue(value) }],
  ["eq", { min: 2, max: unlimited, run: ([first = null, ...others]) => isEqualToAny(first, others) }],
  ["ne", { min: 2, max: 2, run: ([a = null, b = null]) => !isEqual(a, b) }],
  ["lt", { min: 2, max: 2, run: ([a = null, b = null]) => isLess(a, b) }],
  ["le", { min: 2, max: 2, run: ([a = null, b = null]) => isLess(a, b) || isEqual(a, b) }],
  ["gt", { min: 2, max: 2, run: ([a = null, b = null]) => !(isLess(a, b) || isEqual(a, b)) }],
  ["ge", { min: 2, max: 2, run: ([a = null, b = null]) => !isLess(a, b) }],
  ["len", { min: 1, max: 1, run: ([value = null]) => BigInt(lengthOf(value)) }],
  ["index", { min: 1, max: unlimited, run: indexAll }],
  ["slice", { min: 1, max: 4, run: ([value = null, ...bounds]) => sliceOf(value, bounds) }],
  [
    "print",
    {
      min: 0,
      max: unlimited,
      run: (values, { maxTextChars }) => joinBounded(printAll(values), maxTextChars),
    },
  ],
  [
    "println",
    {
      min: 0,
      max: unlimited,
      run: (values, { maxTextChars }) => joinBounded(printLine(values), maxTextChars),
    },
  ],
  [
    "printf",
    {
      min: 1,
      max: unlimited,
      run: ([format = null, ...values], { maxTextChars }) => formatText(toText(format), values, maxTextChars),
    },
  ],
  ["json", { min: 1, max: 1, run: ([value = null]) => toJsonText(value) }],
  // Ollama takes a format for dates, and ignores it.
  ["currentDate", { min: 0, max: unlimited, run: (_, { now }) => toDate(now, 0) }],
  ["yesterdayDate", { min: 0, max: unlimited, run: (_, { now }) => toDate(now, -1) }],
  ["toTypeScriptType", { min: 1, max: 1, run: ([value = null]) => toTypeScriptType(value) }],
]);

/** Calls a function of the template language. Throws Error with the reason where the values do not suit it. */
export function callFunction(name: string, values: readonly GoValue[], context: FunctionContext): GoValue {
  const implementation = functions.get(name);
  if (!implementation) throw new Error(`there is no function "${name}"`);
  const { min, max, run } = implementation;
  if (values.length < min || values.length > max) {
    throw new Error(`${name} cannot take ${values.length} values`);
  }
  return run(values, context);
}

function lengthOf(value: GoValue): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value !== "object" || value === null) throw new Error(`${describeType(value)} has no length`);
  if (value.type === "list") return value.items.length;
  if (value.type === "map") return value.fields.size;
  throw new Error(`${value.name} has no length`);
}

function indexAll([value = null, ...keys]: readonly GoValue[]): GoValue {
  if (value === null) throw new Error("nil has no index");
  return keys.reduce(indexOne, value);
}

function indexOne(value: GoValue, key: GoValue): GoValue {
  if (typeof value === "string") {
    const bytes = Buffer.from(value);
    return BigInt(bytes[toIndex(key, bytes.length - 1)] ?? 0);
  }
  if (typeof value === "object" && value !== null) {
    if (value.type === "list") return value.items[toIndex(key, value.items.length - 1)] ?? null;
    if (value.type === "map" && typeof key === "string") return value.fields.get(key) ?? null;
  }
  throw new Error(`${describeType(value)} has no index of type ${describeType(key)}`);
}

function sliceOf(value: GoValue, bounds: readonly GoValue[]): GoValue {
  const isText = typeof value === "string";
  const isList = typeof value === "object" && value !== null && value.type === "list";
  if (!isText && !isList) throw new Error(`${describeType(value)} cannot be sliced`);
  if (isText && bounds.length > 2) throw new Error("a text cannot be sliced by three bounds");
  const source = isText ? Buffer.from(value) : value.items;
  const indexes = bounds.map((bound) => toIndex(bound, source.length));
  const [start = 0, end = source.length, capacity = end] = indexes;
  if (start > end || end > capacity) throw new Error(`a slice cannot go from ${start} to ${end}`);
  if (isText) return Buffer.from(value).subarray(start, end).toString();
  return { type: "list", items: value.items.slice(start, end) };
}

function toIndex(value: GoValue, max: number): number {
  if (typeof value !== "bigint") throw new Error(`${describeType(value)} is no index`);
  if (value < 0n || value > BigInt(max)) throw new Error(`the index ${value} is out of range`);
  return Number(value);
}

/** Go's Sprint: a space between two operands neither of which is a text. */
function* printAll(values: readonly GoValue[]): Generator<string> {
  for (const [index, value] of values.entries()) {
    const before = values[index - 1];
    const isSpaced = index > 0 && typeof before !== "string" && typeof value !== "string";
    yield (isSpaced ? " " : "") + formatValue(value);
  }
}

function* printLine(values: readonly GoValue[]): Generator<string> {
  for (const [index, value] of values.entries()) yield (index > 0 ? " " : "") + formatValue(value);
  yield "\n";
}

function toText(value: GoValue): string {
  if (typeof value !== "string") throw new Error(`${describeType(value)} is no format`);
  return value;
}

function toDate(now: Date, days: number): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
}

/** The name of the structs that describe a tool's argument. */
export const toolPropertyName = "ToolProperty";

const typeScriptTypes: ReadonlyMap<GoValue, string> = new Map([
  ["string", "string"],
  ["number", "number"],
  ["integer", "number"],
  ["boolean", "boolean"],
  ["array", "any[]"],
  ["object", "Record<string, any>"],
  ["null", "null"],
]);

function toTypeScriptType(value: GoValue): string {
  if (typeof value !== "object" || value === null || value.type === "list") return "any";
  return value.name === toolPropertyName ? propertyType(value) : "any";
}

function propertyType({ fields }: GoObject): string {
  const choices = itemsOf(fields.get("AnyOf"));
  if (choices.length > 0) return choices.map(toTypeScriptType).join(" | ");
  const types = itemsOf(fields.get("Type")).map((type) => typeScriptTypes.get(type) ?? "any");
  return types.length === 0 ? "any" : types.join(" | ");
}

function itemsOf(value: GoValue | undefined): readonly GoValue[] {
  return typeof value === "object" && value !== null && value.type === "list" ? value.items : [];
}
