import { PluginFailure } from "../failure.ts";
import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { concatBytes, encodeU32, encodeVector } from "./byte-writer.ts";
import { readCount } from "./complexity.ts";
import { readConstExpression } from "./const-expression.ts";
import { readReferenceType, type ValueType } from "./value-types.ts";

const pageBytes = 65_536;
const maxPages = 65_536;
const hasMaxFlag = 1;
const initialisedTable = 0x40;

type Extent = { readonly min: number; readonly max: number | undefined };
type Table = {
  readonly type: ValueType;
  readonly extent: Extent;
  /** Type and what else stands before the extent, then what follows it. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
};

export type Memories = { readonly hasMemory: boolean; readonly body: Uint8Array };
export type Tables = {
  readonly types: readonly ValueType[];
  readonly initialElements: number;
  readonly body: Uint8Array;
};

/** The memory section with a maximum of at most `memoryBytes`; PluginFailure memory_limit if it begins larger. */
export function capMemories(reader: ByteReader, memoryBytes: number): Memories {
  const count = reader.readU32();
  if (count > 1) throw unsupported(`${count} memories instead of one`);
  const items: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const { min, max = maxPages } = readExtent(reader, "memory");
    const most = Math.min(maxPages, Math.floor(memoryBytes / pageBytes));
    if (min > most) {
      throw new PluginFailure(
        "memory_limit",
        `the module begins with ${min} pages of 64 KiB of memory; its limit is ${most}`,
      );
    }
    items.push(encodeExtent(min, Math.min(max, most)));
  }
  reader.expectEnd("the memory section");
  return { hasMemory: count > 0, body: encodeVector(items) };
}

/** The table section with maxima that are at most `tableElements` in all; PluginFailure table_limit as above. */
export function capTables(reader: ByteReader, tableElements: number): Tables {
  const count = readCount(reader, "tables");
  const tables: Table[] = [];
  for (let index = 0; index < count; index += 1) tables.push(readTable(reader));
  reader.expectEnd("the table section");
  const initialElements = tables.reduce((total, { extent }) => total + extent.min, 0);
  if (initialElements > tableElements) {
    throw new PluginFailure(
      "table_limit",
      `the module begins with ${initialElements} elements in tables; its limit is ${tableElements}`,
    );
  }
  const growing = tables.filter(({ extent }) => canGrow(extent)).length;
  const share = Math.floor((tableElements - initialElements) / Math.max(1, growing));
  const items = tables.map(({ head, extent: { min, max = min + share }, tail }) =>
    concatBytes([head, encodeExtent(min, Math.min(max, min + share)), tail]),
  );
  return { types: tables.map(({ type }) => type), initialElements, body: encodeVector(items) };
}

function canGrow({ min, max }: Extent): boolean {
  return max === undefined || max > min;
}

function readTable(reader: ByteReader): Table {
  const start = reader.position;
  const isInitialised = reader.peekByte() === initialisedTable;
  if (isInitialised && reader.readBytes(2)[1] !== 0) throw invalidModule("a table is of an unknown form");
  const type = readReferenceType(reader);
  const head = reader.since(start);
  const extent = readExtent(reader, "table");
  const tail = isInitialised ? readConstExpression(reader) : new Uint8Array();
  return { type, extent, head, tail };
}

/** Throws PluginFailure module_unsupported for what is shared, of 64 bits or of another page size. */
function readExtent(reader: ByteReader, what: "memory" | "table"): Extent {
  const flags = reader.readByte();
  if (flags > hasMaxFlag) throw unsupported(unsupportedExtent(flags, what));
  const min = reader.readU32();
  const max = flags === hasMaxFlag ? reader.readU32() : undefined;
  if (max !== undefined && max < min)
    throw invalidModule(`a ${what} begins with ${min} and ends with ${max}`);
  return { min, max };
}

function unsupportedExtent(flags: number, what: string): string {
  if (flags < 4) return `a shared ${what}`;
  if (flags < 8) return `a ${what} with addresses of 64 bits`;
  return `a ${what} of the unknown form ${flags}`;
}

function encodeExtent(min: number, max: number): Uint8Array {
  return concatBytes([Uint8Array.of(hasMaxFlag), encodeU32(min), encodeU32(max)]);
}

function unsupported(what: string): PluginFailure {
  return new PluginFailure("module_unsupported", `the module has ${what}; plugins may not use that`);
}
