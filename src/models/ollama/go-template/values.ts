/**
 * What a template computes with. Go tells whole numbers from others: `bigint` is an int, `number` a float64 (all
 * numbers of JSON are). `null` is Go's nil.
 */
export type GoValue = string | boolean | number | bigint | null | GoList | GoObject;

export type GoList = {
  readonly type: "list";
  readonly items: readonly GoValue[];
  /** What printing it gives, where not `[a b]`. */
  readonly print?: () => string;
};

export type GoObject = {
  /** Fields of a struct are fixed, and asking for another fails; a map, sorted by its keys, gives nil. */
  readonly type: "struct" | "map";
  /** What errors call it. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, GoValue>;
  /** What JSON shows of it, in that order; absent: its fields. */
  readonly json?: ReadonlyMap<string, GoValue>;
  readonly print?: () => string;
};

/** A map as Go walks and writes it: sorted by key. */
export function createMap(entries: Iterable<readonly [string, GoValue]>, print?: () => string): GoObject {
  const fields = new Map([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  return { type: "map", name: "map", fields, ...(print && { print }) };
}

export function createStruct(
  name: string,
  fields: Readonly<Record<string, GoValue>>,
  json?: ReadonlyMap<string, GoValue>,
): GoObject {
  const struct: GoObject = { type: "struct", name, fields: new Map(Object.entries(fields)) };
  if (!json) return struct;
  const shown = { ...struct, json };
  return { ...shown, print: () => toJsonText(shown) };
}

/** Go's truth: empty, zero and nil are false, a struct is true. */
export function isTrue(value: GoValue): boolean {
  if (value === null) return false;
  if (typeof value !== "object") return Boolean(value);
  if (value.type === "list") return value.items.length > 0;
  return value.type === "struct" || value.fields.size > 0;
}

export function describeType(value: GoValue): string {
  if (value === null) return "nil";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (typeof value !== "object") return typeof value === "boolean" ? "bool" : "string";
  return value.type === "list" ? "list" : value.name;
}

/** What `{{ value }}` writes. */
export function printValue(value: GoValue): string {
  return value === null ? "<no value>" : formatValue(value);
}

/** Go's `%v`. */
export function formatValue(value: GoValue): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return formatFloat(value);
  if (typeof value !== "object") return String(value);
  if (value.print) return value.print();
  if (value.type === "list") return `[${value.items.map(formatValue).join(" ")}]`;
  if (value.type === "struct") return `{${[...value.fields.values()].map(formatValue).join(" ")}}`;
  return `map[${[...value.fields].map(([key, entry]) => `${key}:${formatValue(entry)}`).join(" ")}]`;
}

/** Go's `%v` of a float64: as many digits as needed, an exponent (of two digits) below 1e-4 and from 1e+06 on. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const scientific = value.toExponential();
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  if (exponent >= -4 && exponent < 6) return String(value);
  return scientific.replace(/e([-+])(\d)$/, "e$10$2");
}

const jsonEscapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Go's json.Marshal: no spaces, and `<`, `>`, `&` escaped. */
export function toJsonText(value: GoValue): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return JSON.stringify(value);
  if (typeof value === "string") return quoteJson(value);
  if (value.type === "list") return `[${value.items.map(toJsonText).join(",")}]`;
  const entries = [...(value.json ?? value.fields)];
  return `{${entries.map(([key, entry]) => `${quoteJson(key)}:${toJsonText(entry)}`).join(",")}}`;
}

function quoteJson(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => jsonEscapes[char] ?? char,
  );
}
