import type { JsonObject } from "../../contract/index.ts";
import { toSuite } from "./parse-suite.ts";
import type { Suite } from "./suite.ts";

export type SuiteChanges = {
  /** Of every case that a model answers. */
  readonly repetitions?: number;
  readonly seed?: number;
  /** Of the bar. */
  readonly passRate?: number;
};

/** A suite with some of its settings otherwise, as if it had been written so. Throws as `toSuite` does. */
export function changeSuite(suite: Suite, changes: SuiteChanges, file: string): Suite {
  const { repetitions, seed, passRate } = changes;
  if (repetitions === undefined && seed === undefined && passRate === undefined) return suite;
  const { cases, bar } = suite.source;
  return toSuite(
    {
      ...suite.source,
      ...(seed !== undefined && { seed }),
      ...(passRate !== undefined && { bar: { ...toObject(bar), pass_rate: passRate } }),
      ...(repetitions !== undefined && { cases: toList(cases).map((entry) => repeat(entry, repetitions)) }),
    },
    file,
  );
}

function repeat(entry: JsonObject, repetitions: number): JsonObject {
  return entry.response === undefined ? { ...entry, repetitions } : entry;
}

function toObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null ? (value as JsonObject) : {};
}

function toList(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value : [];
}
