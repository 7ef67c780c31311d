import { describeType, type GoValue } from "./values.ts";

/** Go's `eq`: whether the first is one of the others. Throws Error where two are of kinds that do not compare. */
export function isEqualToAny(first: GoValue, others: readonly GoValue[]): boolean {
  return others.some((other) => isEqual(first, other));
}

export function isEqual(a: GoValue, b: GoValue): boolean {
  for (const value of [a, b]) {
    if (typeof value === "object" && value !== null)
      throw new Error(`${describeType(value)} does not compare`);
  }
  if (a === null || b === null) return a === b;
  if (typeof a !== typeof b) {
    throw new Error(`${describeType(a)} and ${describeType(b)} do not compare`);
  }
  return a === b;
}

/** Go's `lt`: numbers of one kind, or texts by their bytes. */
export function isLess(a: GoValue, b: GoValue): boolean {
  if (typeof a === "bigint" && typeof b === "bigint") return a < b;
  if (typeof a === "number" && typeof b === "number") return a < b;
  if (typeof a === "string" && typeof b === "string")
    return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
  throw new Error(`${describeType(a)} and ${describeType(b)} have no order`);
}
