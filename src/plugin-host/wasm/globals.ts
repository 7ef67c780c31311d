import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { readCount } from "./complexity.ts";
import { readConstExpression } from "./const-expression.ts";
import { readValueType, type ValueType } from "./value-types.ts";

export type Global = { readonly type: ValueType; readonly isMutable: boolean };

/** The global section. */
export function readGlobals(reader: ByteReader): Global[] {
  const count = readCount(reader, "globals");
  const globals: Global[] = [];
  for (let index = 0; index < count; index += 1) {
    const type = readValueType(reader);
    const mutability = reader.readByte();
    if (mutability > 1) throw invalidModule(`a global is of the unknown form ${mutability}`);
    readConstExpression(reader);
    globals.push({ type, isMutable: mutability === 1 });
  }
  reader.expectEnd("the global section");
  return globals;
}
