/**
 * Walks over the instructions of a function without knowing what they do to the stack, which the engine checks. It
 * finds what costs the engine memory out of proportion to its bytes: blocks, nested ones above all, and calls.
 */
import { PluginFailure } from "../failure.ts";
import type { ByteReader } from "./byte-reader.ts";
import { checkComplexity } from "./complexity.ts";
import { readHeapType, readValueType } from "./value-types.ts";

/** Memory that the engine takes to compile what was seen so far, estimated from above. */
export type CompileCost = { bytes: number };

/** Measured with Bun 1.4.4, for each of them in the shape that costs most. */
const costBytes = { block: 55, call: 70 } as const;

/** How to pass over what stands behind an opcode. */
const operands = {
  none: () => undefined,
  end: () => undefined,
  index: (reader) => reader.skipLeb(5),
  i32: (reader) => reader.skipLeb(5),
  i64: (reader) => reader.skipLeb(10),
  f32: (reader) => reader.skip(4),
  f64: (reader) => reader.skip(8),
  vector: (reader) => reader.skip(16),
  lane: (reader) => reader.skip(1),
  memory: skipMemoryOperand,
  "memory-and-lane": (reader) => {
    skipMemoryOperand(reader);
    reader.skip(1);
  },
  "two-indices": (reader) => skipIndices(reader, 2),
  "branch-table": (reader) => skipIndices(reader, reader.readU32() + 1),
  "heap-type": readHeapType,
  types: (reader) => {
    for (let left = reader.readU32(); left > 0; left -= 1) readValueType(reader);
  },
  block: (reader, cost) => {
    cost.bytes += costBytes.block;
    skipBlockType(reader);
  },
  call: (reader, cost) => {
    cost.bytes += costBytes.call;
    reader.skipLeb(5);
  },
  "call-indirect": (reader, cost) => {
    cost.bytes += costBytes.call;
    skipIndices(reader, 2);
  },
} as const satisfies Readonly<Record<string, (reader: ByteReader, cost: CompileCost) => void>>;

type Operand = keyof typeof operands;
/** The opcode is the number that follows. */
type Prefix = "bulk-prefix" | "vector-prefix" | "atomic-prefix";
type Table<Entry> = readonly (Entry | undefined)[];
type Row<Entry> = readonly [first: number, last: number, entry: Entry];

/**
 * Without those of the garbage collector, whose objects no limit reaches, and those of exceptions, with which a guest
 * could catch what the host throws to end it.
 */
const instructions = createTable<Operand | Prefix>([
  [0x00, 0x01, "none"],
  [0x02, 0x04, "block"],
  [0x05, 0x05, "none"],
  [0x0b, 0x0b, "end"],
  [0x0c, 0x0d, "index"],
  [0x0e, 0x0e, "branch-table"],
  [0x0f, 0x0f, "none"],
  [0x10, 0x10, "call"],
  [0x11, 0x11, "call-indirect"],
  [0x12, 0x12, "call"],
  [0x13, 0x13, "call-indirect"],
  [0x14, 0x15, "call"],
  [0x1a, 0x1b, "none"],
  [0x1c, 0x1c, "types"],
  [0x20, 0x26, "index"],
  [0x28, 0x3e, "memory"],
  [0x3f, 0x40, "index"],
  [0x41, 0x41, "i32"],
  [0x42, 0x42, "i64"],
  [0x43, 0x43, "f32"],
  [0x44, 0x44, "f64"],
  [0x45, 0xc4, "none"],
  [0xd0, 0xd0, "heap-type"],
  [0xd1, 0xd1, "none"],
  [0xd2, 0xd2, "index"],
  [0xd4, 0xd4, "none"],
  [0xd5, 0xd6, "index"],
  [0xfc, 0xfc, "bulk-prefix"],
  [0xfd, 0xfd, "vector-prefix"],
  [0xfe, 0xfe, "atomic-prefix"],
]);
const bulkInstructions = createTable<Operand>([
  [0, 7, "none"],
  [8, 8, "two-indices"],
  [9, 9, "index"],
  [10, 10, "two-indices"],
  [11, 11, "index"],
  [12, 12, "two-indices"],
  [13, 13, "index"],
  [14, 14, "two-indices"],
  [15, 17, "index"],
  [19, 22, "none"],
]);
const vectorInstructions = createTable<Operand>([
  [0, 11, "memory"],
  [12, 13, "vector"],
  [14, 20, "none"],
  [21, 34, "lane"],
  [35, 83, "none"],
  [84, 91, "memory-and-lane"],
  [92, 93, "memory"],
  [94, 0x113, "none"],
]);
const atomicInstructions = createTable<Operand>([
  [0x00, 0x02, "memory"],
  [0x03, 0x03, "lane"],
  [0x10, 0x4e, "memory"],
]);

const prefixed: Readonly<Record<Prefix, Table<Operand>>> = {
  "bulk-prefix": bulkInstructions,
  "vector-prefix": vectorInstructions,
  "atomic-prefix": atomicInstructions,
};

const manyMemoriesFlag = 0x40;
const emptyBlock = 0x40;

function createTable<Entry>(rows: readonly Row<Entry>[]): Table<Entry> {
  const last = rows.at(-1)?.[1] ?? 0;
  return Array.from(
    { length: last + 1 },
    (_, code) => rows.find(([first, end]) => code >= first && code <= end)?.[2],
  );
}

/** The instructions up to the end of the reader's range; adds what they cost to `cost`. */
export function checkInstructions(reader: ByteReader, cost: CompileCost): void {
  let depth = 1;
  while (depth > 0) {
    const operand = readOperand(reader);
    depth += depthChange(operand);
    checkComplexity("blockDepth", depth);
    operands[operand](reader, cost);
  }
  reader.expectEnd("the code of a function");
  checkComplexity("compileBytes", cost.bytes);
}

function depthChange(operand: Operand): number {
  if (operand === "block") return 1;
  return operand === "end" ? -1 : 0;
}

function readOperand(reader: ByteReader): Operand {
  const code = reader.readByte();
  const entry = instructions[code];
  if (entry === undefined) throw unknownInstruction(reader, code);
  if (!isPrefix(entry)) return entry;
  const secondCode = reader.readU32();
  const operand = prefixed[entry][secondCode];
  if (operand === undefined) throw unknownInstruction(reader, code, secondCode);
  return operand;
}

function isPrefix(entry: Operand | Prefix): entry is Prefix {
  return entry in prefixed;
}

/** An index takes a byte at the least, so the end of the range ends this, whatever the count says. */
function skipIndices(reader: ByteReader, count: number): void {
  for (let left = count; left > 0; left -= 1) reader.skipLeb(5);
}

function skipMemoryOperand(reader: ByteReader): void {
  const alignment = reader.readU32();
  if ((alignment & manyMemoriesFlag) !== 0) reader.skipLeb(5);
  reader.skipLeb(10);
}

function skipBlockType(reader: ByteReader): void {
  const code = reader.peekByte() ?? 0;
  const isIndex = code >= 0x80 || code < emptyBlock;
  if (code === emptyBlock) reader.skip(1);
  else if (isIndex) reader.skipLeb(5);
  else readValueType(reader);
}

function unknownInstruction(reader: ByteReader, ...codes: readonly number[]): PluginFailure {
  const shown = codes.map((code) => `0x${code.toString(16).padStart(2, "0")}`).join(" ");
  return new PluginFailure(
    "module_unsupported",
    `the module has instruction ${shown} before byte ${reader.position}, which plugins may not use`,
  );
}
