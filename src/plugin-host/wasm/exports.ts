import { PluginFailure } from "../failure.ts";
import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { concatBytes, encodeName, encodeU32 } from "./byte-writer.ts";
import { readCount } from "./complexity.ts";
import { printable } from "./printable.ts";
import { reservedPrefix, startExport } from "./reserved-names.ts";

export const exportKinds = { function: 0, table: 1, memory: 2, global: 3 } as const;
const lastKind = 4;

/** Extism calls these on its own when it makes an instance, so a prepared module has them under other names. */
const initialiserNames: ReadonlySet<string> = new Set(["_start", "_initialize", "hs_init"]);

export type Exports = {
  /** Functions that can be called by name; initialisers are not among them. */
  readonly functions: readonly string[];
  readonly initialisers: ReadonlySet<string>;
  readonly items: readonly Uint8Array[];
};

/** The export section; PluginFailure module_unsupported for names that are the host's. */
export function readExports(reader: ByteReader): Exports {
  const count = readCount(reader, "exports");
  const names = new Set<string>();
  const functions: string[] = [];
  const initialisers = new Set<string>();
  const items: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = reader.readName();
    checkName(name, names);
    names.add(name);
    const kind = reader.readByte();
    if (kind > lastKind) throw invalidModule(`there is no kind of exports ${kind}`);
    const isInitialiser = initialiserNames.has(name);
    if (kind === exportKinds.function) {
      if (isInitialiser) initialisers.add(name);
      else functions.push(name);
    }
    items.push(encodeExport(isInitialiser ? reserved(name) : name, kind, reader.readU32()));
  }
  reader.expectEnd("the export section");
  return { functions, initialisers, items };
}

function checkName(name: string, taken: ReadonlySet<string>): void {
  if (taken.has(name)) throw invalidModule(`it has two exports "${printable(name)}"`);
  if (!name.startsWith(reservedPrefix)) return;
  const message = `the module has an export "${printable(name)}"; names with ${reservedPrefix} are the host's, choose another`;
  throw new PluginFailure("module_unsupported", message);
}

export function encodeExport(name: string, kind: number, index: number): Uint8Array {
  return concatBytes([encodeName(name), Uint8Array.of(kind), encodeU32(index)]);
}

/**
 * Names, in the prepared module, of what is to be called on a new instance, in this order: the start function, then
 * what Extism's own host calls for such a guest. With WASI it never calls `_start`.
 */
export function orderInitialisers(
  found: ReadonlySet<string>,
  { hasStart, usesWasi }: { readonly hasStart: boolean; readonly usesWasi: boolean },
): string[] {
  const calls = usesWasi
    ? ["_initialize", "hs_init"].filter((name) => found.has(name))
    : ["hs_init", "_initialize", "_start"].filter((name) => found.has(name)).slice(0, 1);
  return [...(hasStart ? [startExport] : []), ...calls.map(reserved)];
}

function reserved(name: string): string {
  return `${reservedPrefix}${name}`;
}
