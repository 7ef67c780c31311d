import { PluginFailure } from "../failure.ts";
import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { concatBytes, encodeName, encodeVector } from "./byte-writer.ts";
import { readCount } from "./complexity.ts";
import { type FunctionType, readTypeOf } from "./function-types.ts";
import { printable } from "./printable.ts";
import { extismModule, guestExtismModule, guestWasiModule, wasiModule } from "./reserved-names.ts";

/** Module -> functions that the host has, all under the names that guests write. */
export type OfferedImports = ReadonlyMap<string, ReadonlySet<string>>;

export type ImportedFunction = {
  /** As in the prepared module, not as the guest wrote it. */
  readonly module: string;
  readonly name: string;
  readonly kind: "function";
};

export type Imports = {
  readonly list: readonly ImportedFunction[];
  readonly types: readonly FunctionType[];
  /** The import section with those names of modules. */
  readonly body: Uint8Array;
};

/** What modules of the host are called in a prepared module. */
const linkedModules: ReadonlyMap<string, string> = new Map([
  [guestWasiModule, wasiModule],
  [guestExtismModule, extismModule],
]);

const kinds = ["function", "table", "memory", "global", "tag"] as const;

/** Throws PluginFailure import_unknown for anything but a function that is offered. */
export function readImports(
  reader: ByteReader,
  types: readonly FunctionType[],
  offered: OfferedImports,
): Imports {
  const count = readCount(reader, "imports");
  const list: ImportedFunction[] = [];
  const used: FunctionType[] = [];
  const items: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const module = reader.readName();
    const name = reader.readName();
    checkOffered(module, name, reader.readByte(), offered);
    const linked = linkedModules.get(module) ?? module;
    const typeStart = reader.position;
    used.push(readTypeOf(reader, types));
    list.push({ module: linked, name, kind: "function" });
    const kindByte = Uint8Array.of(0);
    items.push(concatBytes([encodeName(linked), encodeName(name), kindByte, reader.since(typeStart)]));
  }
  reader.expectEnd("the import section");
  return { list, types: used, body: encodeVector(items) };
}

function checkOffered(module: string, name: string, kindByte: number, offered: OfferedImports): void {
  const kind = kinds[kindByte];
  if (kind === undefined) throw invalidModule(`there is no kind of imports ${kindByte}`);
  if (kind === "function" && offered.get(module)?.has(name) === true) return;
  const wanted = `the ${kind} "${printable(name)}" of "${printable(module)}"`;
  throw new PluginFailure("import_unknown", `the module imports ${wanted}, which the host does not offer`);
}
