import { encodeExport, exportKinds } from "./exports.ts";
import type { Global } from "./globals.ts";
import type { Tables } from "./memories-and-tables.ts";
import { globalExport, memoryExport, tableExport } from "./reserved-names.ts";
import type { ValueType } from "./value-types.ts";

/** More would take longer to set back than a new instance takes to make. */
const maxResetGlobals = 1_024;
const maxResetElements = 1_024;

/** Types whose values JavaScript can read and write. */
const accessibleTypes: ReadonlySet<ValueType> = new Set<ValueType>([
  "i32",
  "i64",
  "f32",
  "f64",
  "funcref",
  "externref",
]);

export type ResetExports = {
  readonly isResettable: boolean;
  /** Why it is not. */
  readonly resetBlocker?: string;
  readonly memoryExport?: string;
  readonly globalExports: readonly string[];
  readonly tableExports: readonly string[];
};

type State = {
  readonly hasMemory: boolean;
  readonly globals: readonly Global[];
  readonly tables: Tables | undefined;
  readonly hasPassiveSegments: boolean;
};

/**
 * The exports through which a host sets an instance back to how it was, and their encoded items. The memory is
 * exported also where the rest cannot be reached.
 */
export function planReset(state: State): { readonly exports: ResetExports; readonly items: Uint8Array[] } {
  const memory = state.hasMemory ? [memoryExport] : [];
  const items = memory.map((name) => encodeExport(name, exportKinds.memory, 0));
  const reachable = state.hasMemory ? { memoryExport } : {};
  const resetBlocker = findBlocker(state);
  if (resetBlocker !== undefined) {
    const exports = {
      isResettable: false,
      resetBlocker,
      ...reachable,
      globalExports: [],
      tableExports: [],
    };
    return { exports, items };
  }
  const globalExports: string[] = [];
  for (const [index, { isMutable }] of state.globals.entries()) {
    if (!isMutable) continue;
    const name = globalExport(index);
    globalExports.push(name);
    items.push(encodeExport(name, exportKinds.global, index));
  }
  const tableExports = (state.tables?.types ?? []).map((_, index) => tableExport(index));
  items.push(...tableExports.map((name, index) => encodeExport(name, exportKinds.table, index)));
  return { exports: { isResettable: true, ...reachable, globalExports, tableExports }, items };
}

function findBlocker({ globals, tables, hasPassiveSegments }: State): string | undefined {
  if (hasPassiveSegments) return "it has passive segments, which cannot be brought back once dropped";
  const mutable = globals.filter(({ isMutable }) => isMutable);
  if (mutable.length > maxResetGlobals) return `it has ${mutable.length} mutable globals`;
  const hidden = mutable.find(({ type }) => !accessibleTypes.has(type));
  if (hidden !== undefined) return `it has a mutable global of type ${hidden.type}`;
  if (tables === undefined) return undefined;
  if (tables.initialElements > maxResetElements) return `its tables have ${tables.initialElements} elements`;
  if (tables.types.every((type) => accessibleTypes.has(type))) return undefined;
  return "it has a table of typed references";
}
