import type { JsonObject, JsonValue } from "../../../contract/index.ts";
import { type CheckedCall, isJsonObject } from "./check-arguments.ts";
import type { ExpectedCall, ToolScenario } from "./tool-scenario.ts";

export type CallMatch = {
  readonly matched: number;
  /** Expected calls that were not made, each with the call that comes nearest where one is left over. */
  readonly missing: readonly { readonly expected: ExpectedCall; readonly instead?: CheckedCall }[];
  /** Calls that stand for no expected one. */
  readonly extra: readonly CheckedCall[];
};

/** Pairs the calls of a model with the expected ones, as many as can be; in order where the scenario is strict. */
export function matchCalls(
  { expected, order, argumentMatch }: Pick<ToolScenario, "expected" | "order" | "argumentMatch">,
  calls: readonly CheckedCall[],
): CallMatch {
  const fits = (wanted: ExpectedCall, call: CheckedCall) =>
    wanted.name === call.name && hasArguments(wanted, call, argumentMatch);
  const pairs = order === "strict" ? pairInOrder(expected, calls, fits) : pairAny(expected, calls, fits);
  const taken = new Set(pairs);
  const left = new Set([...calls.keys()].filter((index) => !taken.has(index)));
  const missing: { expected: ExpectedCall; instead?: CheckedCall }[] = [];
  for (const [index, wanted] of expected.entries()) {
    if (pairs[index] !== undefined) continue;
    const near = [...left].find((other) => calls[other]?.name === wanted.name);
    const instead = near === undefined ? undefined : calls[near];
    if (near !== undefined) left.delete(near);
    missing.push({ expected: wanted, ...(instead && { instead }) });
  }
  const extra = [...left].flatMap((index) => calls[index] ?? []);
  return { matched: expected.length - missing.length, missing, extra };
}

type Pairs = readonly (number | undefined)[];
type Fits = (wanted: ExpectedCall, call: CheckedCall) => boolean;

function pairInOrder(expected: readonly ExpectedCall[], calls: readonly CheckedCall[], fits: Fits): Pairs {
  return expected.map((wanted, index) => {
    const call = calls[index];
    return call && fits(wanted, call) ? index : undefined;
  });
}

/** A maximum matching by augmenting paths: a call that would fit two expected ones goes where it is needed. */
function pairAny(expected: readonly ExpectedCall[], calls: readonly CheckedCall[], fits: Fits): Pairs {
  const callOf: (number | undefined)[] = expected.map(() => undefined);
  const place = (index: number, tried: Set<number>): boolean => {
    for (const [at, call] of calls.entries()) {
      const wanted = expected[index];
      if (tried.has(at) || !wanted || !fits(wanted, call)) continue;
      tried.add(at);
      const holder = callOf.indexOf(at);
      if (holder >= 0 && !place(holder, tried)) continue;
      callOf[index] = at;
      return true;
    }
    return false;
  };
  for (const index of expected.keys()) place(index, new Set());
  return callOf;
}

function hasArguments(
  { arguments: wanted }: ExpectedCall,
  { arguments: given }: CheckedCall,
  argumentMatch: ToolScenario["argumentMatch"],
): boolean {
  if (wanted === undefined) return true;
  return given !== undefined && findDifferences(wanted, given, argumentMatch).length === 0;
}

/** Where two values differ, as `city: expected "Oslo", got "Rome"`; a subset may hold fewer keys, at any depth. */
export function findDifferences(
  wanted: JsonValue | undefined,
  given: JsonValue | undefined,
  argumentMatch: ToolScenario["argumentMatch"],
  path = "",
): readonly string[] {
  if (isJsonObject(wanted) && isJsonObject(given)) {
    return keysToCompare(wanted, given, argumentMatch).flatMap((key) =>
      findDifferences(own(wanted, key), own(given, key), argumentMatch, path === "" ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(wanted) && Array.isArray(given) && wanted.length === given.length) {
    return wanted.flatMap((value, index) =>
      findDifferences(value, given[index], argumentMatch, `${path}[${index}]`),
    );
  }
  if (wanted === given) return [];
  return [`${path}: expected ${show(wanted)}, got ${show(given)}`];
}

function keysToCompare(wanted: JsonObject, given: JsonObject, argumentMatch: ToolScenario["argumentMatch"]) {
  if (argumentMatch === "subset") return Object.keys(wanted);
  return [...new Set([...Object.keys(wanted), ...Object.keys(given)])];
}

function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
