/**
 * What a module must pass before it is compiled, and how it is changed for it: memory and tables get maxima, nothing
 * of it runs by itself when an instance is made, and the host can reach all state of an instance to set it back.
 * What is not checked here (what instructions do, indices, initial values) is left to the engine, which refuses wrong ones.
 */
import { PluginFailure } from "../failure.ts";
import { concatBytes, encodeSection, encodeVector } from "./byte-writer.ts";
import { parseCustomSections } from "./custom-sections.ts";
import { encodeExport, exportKinds, orderInitialisers } from "./exports.ts";
import type { ImportedFunction } from "./imports.ts";
import {
  type ModuleContents,
  type ModuleLimits,
  type PrepareOptions,
  readContents,
} from "./module-contents.ts";
import { startExport, wasiModule } from "./reserved-names.ts";
import { planReset, type ResetExports } from "./reset.ts";
import { modulePreamble, readSections, type Section, sectionIds, sectionOrder } from "./sections.ts";

export type PreparedModule = ResetExports & {
  /** To be compiled; it has no custom sections. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Functions that can be called, by the names the guest gave them. */
  readonly exports: readonly string[];
  /** As `bytes` has them: WASI comes from `wasiModule`, Extism's functions from `extismModule`. */
  readonly imports: readonly ImportedFunction[];
  /** Exports of `bytes` to be called, in this order, on every new instance; none happens by itself. */
  readonly initialisers: readonly string[];
  readonly usesWasi: boolean;
};

/** Throws PluginFailure module_*, import_unknown, memory_limit or table_limit; time is linear in the module's size. */
export function prepareModule(bytes: Uint8Array, options: PrepareOptions): PreparedModule {
  checkModuleSize(bytes, options.limits);
  const sections = readSections(bytes);
  parseCustomSections(bytes, sections);
  const contents = readContents(bytes, sections, options);
  const reset = planReset({ ...contents, hasMemory: contents.memories?.hasMemory ?? false });
  const imports = contents.imports?.list ?? [];
  const usesWasi = imports.some(({ module }) => module === wasiModule);
  const hasStart = contents.start !== undefined;
  return {
    bytes: rewrite(bytes, sections, contents, reset.items),
    exports: contents.exports.functions,
    imports,
    initialisers: orderInitialisers(contents.exports.initialisers, { hasStart, usesWasi }),
    usesWasi,
    ...reset.exports,
  };
}

/** Throws PluginFailure module_too_large. */
function checkModuleSize(bytes: Uint8Array, { moduleBytes }: Pick<ModuleLimits, "moduleBytes">): void {
  if (bytes.length <= moduleBytes) return;
  const message = `the module has ${bytes.length} bytes; its limit is ${moduleBytes}`;
  throw new PluginFailure("module_too_large", message);
}

function rewrite(
  bytes: Uint8Array,
  sections: readonly Section[],
  { imports, tables, memories, exports, start }: ModuleContents,
  resetItems: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const startItem = start === undefined ? [] : [encodeExport(startExport, exportKinds.function, start)];
  const bodies = new Map(sections.map(({ id, bodyStart, end }) => [id, bytes.subarray(bodyStart, end)]));
  bodies.delete(sectionIds.start);
  bodies.set(sectionIds.export, encodeVector([...exports.items, ...startItem, ...resetItems]));
  if (imports !== undefined) bodies.set(sectionIds.import, imports.body);
  if (tables !== undefined) bodies.set(sectionIds.table, tables.body);
  if (memories !== undefined) bodies.set(sectionIds.memory, memories.body);
  const pieces: Uint8Array[] = [modulePreamble];
  for (const id of sectionOrder) {
    const body = bodies.get(id);
    if (body !== undefined) pieces.push(...encodeSection(id, body));
  }
  return concatBytes(pieces);
}
