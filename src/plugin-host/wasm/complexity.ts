import { PluginFailure } from "../failure.ts";
import type { ByteReader } from "./byte-reader.ts";
import { invalidModule } from "./byte-reader.ts";

/**
 * How much of each part a module may have. A small file can ask for work and memory out of all proportion when it
 * is compiled, before any limit of a call applies; within these, compiling takes little more than 64 MiB and a few
 * times the file's own size.
 */
export const complexityLimits = {
  sections: 1_024,
  customSectionBytes: 16 * 1024 * 1024,
  types: 10_000,
  parametersPerType: 1_000,
  resultsPerType: 1_000,
  typeValues: 100_000,
  imports: 1_000,
  functions: 100_000,
  functionBytes: 4 * 1024 * 1024,
  /** Nested in each other. */
  blockDepth: 10_000,
  /** Estimated from counts of functions, blocks and calls. */
  compileBytes: 64 * 1024 * 1024,
  /** The engine takes the square of these for time. */
  localGroupsPerFunction: 2_000,
  localsPerFunction: 50_000,
  /** Parameters included. */
  locals: 1_000_000,
  tables: 100,
  globals: 10_000,
  exports: 1_000,
  elementSegments: 10_000,
  elements: 1_000_000,
  dataSegments: 100_000,
} as const;

export type ComplexityLimit = keyof typeof complexityLimits;

const words: Readonly<Record<ComplexityLimit, string>> = {
  sections: "sections",
  customSectionBytes: "bytes in custom sections",
  types: "types",
  parametersPerType: "parameters in one function type",
  resultsPerType: "results in one function type",
  typeValues: "parameters and results in all types",
  imports: "imports",
  functions: "functions",
  functionBytes: "bytes in one function",
  blockDepth: "blocks nested in each other",
  compileBytes: "bytes, estimated, that its functions, blocks and calls take to compile",
  localGroupsPerFunction: "groups of locals in one function",
  localsPerFunction: "locals in one function",
  locals: "locals in all functions",
  tables: "tables",
  globals: "globals",
  exports: "exports",
  elementSegments: "element segments",
  elements: "elements in all segments",
  dataSegments: "data segments",
};

/** Throws PluginFailure module_too_large for a count above the limit. */
export function checkComplexity(limit: ComplexityLimit, count: number): void {
  const most = complexityLimits[limit];
  if (count <= most) return;
  const message = `the module has ${count} ${words[limit]}; at most ${most} are allowed`;
  throw new PluginFailure("module_too_large", message);
}

/** The count in front of a vector, whose items take a byte each at the least. */
export function readCount(reader: ByteReader, limit: ComplexityLimit): number {
  const count = reader.readU32();
  if (count > reader.remaining) {
    throw invalidModule(`${count} ${words[limit]} do not fit into ${reader.remaining} bytes`);
  }
  checkComplexity(limit, count);
  return count;
}
