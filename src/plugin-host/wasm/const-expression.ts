import { PluginFailure } from "../failure.ts";
import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { readHeapType } from "./value-types.ts";

const end = 0x0b;
const simdPrefix = 0xfd;
const v128Const = 12;

/** How to pass over what follows each instruction that constant expressions may have. */
const operands: ReadonlyMap<number, (reader: ByteReader) => void> = new Map([
  [0x23, (reader: ByteReader) => reader.skipLeb(5)],
  [0x41, (reader: ByteReader) => reader.skipLeb(5)],
  [0x42, (reader: ByteReader) => reader.skipLeb(10)],
  [0x43, (reader: ByteReader) => void reader.readBytes(4)],
  [0x44, (reader: ByteReader) => void reader.readBytes(8)],
  [0xd0, readHeapType],
  [0xd2, (reader: ByteReader) => reader.skipLeb(5)],
  ...[0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].map((code) => [code, () => {}] as const),
]);

/** The bytes of a constant expression with its `end`; whether its types fit is left to the engine. */
export function readConstExpression(reader: ByteReader): Uint8Array {
  const start = reader.position;
  for (;;) {
    const code = reader.readByte();
    if (code === end) return reader.since(start);
    const skip = operands.get(code);
    if (skip !== undefined) skip(reader);
    else if (code === simdPrefix) skipVectorConstant(reader);
    else throw unsupported(code);
  }
}

function skipVectorConstant(reader: ByteReader): void {
  if (reader.readU32() !== v128Const) {
    throw invalidModule(`an initial value before byte ${reader.position} is no constant`);
  }
  reader.readBytes(16);
}

function unsupported(code: number): PluginFailure {
  return new PluginFailure(
    "module_unsupported",
    `the module uses instruction ${code} in an initial value, which plugins may not`,
  );
}
