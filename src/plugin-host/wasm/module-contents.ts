import type { Limits } from "../limits.ts";
import { ByteReader, invalidModule } from "./byte-reader.ts";
import { type Exports, readExports } from "./exports.ts";
import { type FunctionType, readTypes } from "./function-types.ts";
import { checkCode, readFunctionTypes } from "./functions.ts";
import { type Global, readGlobals } from "./globals.ts";
import { type Imports, type OfferedImports, readImports } from "./imports.ts";
import { capMemories, capTables, type Memories, type Tables } from "./memories-and-tables.ts";
import { type Section, sectionIds } from "./sections.ts";
import { readDataSegments, readElementSegments } from "./segments.ts";

export type ModuleLimits = Pick<Limits, "moduleBytes" | "memoryBytes" | "tableElements">;
export type PrepareOptions = { readonly limits: ModuleLimits; readonly offered: OfferedImports };

/** What the sections hold, checked; undefined where the module has no such section. */
export type ModuleContents = {
  readonly imports: Imports | undefined;
  readonly tables: Tables | undefined;
  readonly memories: Memories | undefined;
  readonly globals: readonly Global[];
  readonly exports: Exports;
  /** Index of the start function. */
  readonly start: number | undefined;
  readonly hasPassiveSegments: boolean;
};

const noCode = Uint8Array.of(0);

/** Throws PluginFailure module_*, import_unknown, memory_limit or table_limit. */
export function readContents(
  bytes: Uint8Array,
  sections: readonly Section[],
  { limits, offered }: PrepareOptions,
): ModuleContents {
  function read<Value>(id: number, parse: (reader: ByteReader) => Value): Value | undefined {
    const section = sections.find((candidate) => candidate.id === id);
    return section && parse(new ByteReader(bytes, section.bodyStart, section.end));
  }
  const types = read(sectionIds.type, readTypes) ?? [];
  const imports = read(sectionIds.import, (reader) => readImports(reader, types, offered));
  const functions = read(sectionIds.function, (reader) => readFunctionTypes(reader, types)) ?? [];
  const tables = read(sectionIds.table, (reader) => capTables(reader, limits.tableElements));
  const memories = read(sectionIds.memory, (reader) => capMemories(reader, limits.memoryBytes));
  const globals = read(sectionIds.global, readGlobals) ?? [];
  const exports = read(sectionIds.export, readExports);
  const start = read(sectionIds.start, (reader) => readStart(reader, imports?.types ?? [], functions));
  const elements = read(sectionIds.element, readElementSegments);
  const code = (reader: ByteReader) => checkCode(reader, functions);
  if (read(sectionIds.code, (reader) => [code(reader)]) === undefined) code(new ByteReader(noCode));
  const data = read(sectionIds.data, readDataSegments);
  return {
    imports,
    tables,
    memories,
    globals,
    exports: exports ?? { functions: [], initialisers: new Set(), items: [] },
    start,
    hasPassiveSegments: elements?.hasPassive === true || data?.hasPassive === true,
  };
}

/** Checked here because the engine no longer sees it as what it was. */
function readStart(
  reader: ByteReader,
  imported: readonly FunctionType[],
  own: readonly FunctionType[],
): number {
  const index = reader.readU32();
  reader.expectEnd("the start section");
  const type = imported[index] ?? own[index - imported.length];
  if (type !== undefined && type.parameters === 0 && type.results === 0) return index;
  throw invalidModule(`function ${index} cannot be the start function`);
}
