import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { checkComplexity, readCount } from "./complexity.ts";
import { type FunctionType, readTypeOf } from "./function-types.ts";
import { type CompileCost, checkInstructions } from "./instructions.ts";
import { readValueType } from "./value-types.ts";

/** Memory that the engine takes for a function that does nothing, measured with Bun 1.4.4. */
const functionCostBytes = 560;

/** The function section: the types of the module's own functions. */
export function readFunctionTypes(reader: ByteReader, types: readonly FunctionType[]): FunctionType[] {
  const count = readCount(reader, "functions");
  const used: FunctionType[] = [];
  for (let index = 0; index < count; index += 1) used.push(readTypeOf(reader, types));
  reader.expectEnd("the function section");
  return used;
}

/** The code section: sizes, locals and instructions of the functions. */
export function checkCode(reader: ByteReader, functions: readonly FunctionType[]): void {
  const count = readCount(reader, "functions");
  if (count !== functions.length) {
    throw invalidModule(`it declares ${functions.length} functions and has the code of ${count}`);
  }
  const cost: CompileCost = { bytes: count * functionCostBytes };
  checkComplexity("compileBytes", cost.bytes);
  let locals = 0;
  for (const { parameters } of functions) {
    const size = reader.readU32();
    checkComplexity("functionBytes", size);
    const body = reader.readRange(size);
    const ownLocals = parameters + readLocals(body);
    checkComplexity("localsPerFunction", ownLocals);
    locals += ownLocals;
    checkComplexity("locals", locals);
    checkInstructions(body, cost);
  }
  reader.expectEnd("the code section");
}

function readLocals(reader: ByteReader): number {
  const groups = readCount(reader, "localGroupsPerFunction");
  let locals = 0;
  for (let index = 0; index < groups; index += 1) {
    locals += reader.readU32();
    readValueType(reader);
  }
  return locals;
}
