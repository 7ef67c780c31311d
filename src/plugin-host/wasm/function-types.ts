import { PluginFailure } from "../failure.ts";
import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { type ComplexityLimit, checkComplexity, readCount } from "./complexity.ts";
import { readValueType } from "./value-types.ts";

export type FunctionType = {
  readonly parameters: number;
  readonly results: number;
};

const functionForm = 0x60;
const collectedForms: ReadonlySet<number> = new Set([0x4e, 0x4f, 0x50, 0x5e, 0x5f]);

/** The type section; only types of functions are possible. */
export function readTypes(reader: ByteReader): FunctionType[] {
  const count = readCount(reader, "types");
  const types: FunctionType[] = [];
  let values = 0;
  for (let index = 0; index < count; index += 1) {
    const type = readFunctionType(reader);
    values += type.parameters + type.results;
    checkComplexity("typeValues", values);
    types.push(type);
  }
  reader.expectEnd("the type section");
  return types;
}

function readFunctionType(reader: ByteReader): FunctionType {
  const form = reader.readByte();
  if (collectedForms.has(form)) {
    throw new PluginFailure(
      "module_unsupported",
      "the module declares structures, arrays or groups of types (WasmGC), which plugins may not use",
    );
  }
  if (form !== functionForm) throw invalidModule(`there is no form of types ${form}`);
  const parameters = readValues(reader, "parametersPerType");
  const results = readValues(reader, "resultsPerType");
  return { parameters, results };
}

function readValues(reader: ByteReader, limit: ComplexityLimit): number {
  const count = readCount(reader, limit);
  for (let index = 0; index < count; index += 1) readValueType(reader);
  return count;
}

/** An index into the types; throws PluginFailure module_invalid where there is none. */
export function readTypeOf(reader: ByteReader, types: readonly FunctionType[]): FunctionType {
  const index = reader.readU32();
  const type = types[index];
  if (type === undefined) throw invalidModule(`type ${index} is used and there are ${types.length} types`);
  return type;
}
