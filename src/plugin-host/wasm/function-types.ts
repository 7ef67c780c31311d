import { PluginFailure } from "../failure.ts";
import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { checkComplexity, readCount } from "./complexity.ts";
import { readValueType, type ValueType } from "./value-types.ts";

export type FunctionType = {
  readonly parameters: number;
  readonly results: number;
  readonly hasOnlyNumbers: boolean;
};

const functionForm = 0x60;
const collectedForms: ReadonlySet<number> = new Set([0x4e, 0x4f, 0x50, 0x5e, 0x5f]);
const numbers: ReadonlySet<ValueType> = new Set<ValueType>(["i32", "i64", "f32", "f64"]);

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
  const parameters = readCount(reader, "parametersPerType");
  let hasOnlyNumbers = readValues(reader, parameters);
  const results = readCount(reader, "resultsPerType");
  hasOnlyNumbers = readValues(reader, results) && hasOnlyNumbers;
  return { parameters, results, hasOnlyNumbers };
}

function readValues(reader: ByteReader, count: number): boolean {
  let hasOnlyNumbers = true;
  for (let index = 0; index < count; index += 1) {
    if (!numbers.has(readValueType(reader))) hasOnlyNumbers = false;
  }
  return hasOnlyNumbers;
}

/** An index into the types; throws PluginFailure module_invalid where there is none. */
export function readTypeOf(reader: ByteReader, types: readonly FunctionType[]): FunctionType {
  const index = reader.readU32();
  const type = types[index];
  if (type === undefined) throw invalidModule(`type ${index} is used and there are ${types.length} types`);
  return type;
}

/**
 * The tag section. What a tag carries is bounded and cannot refer to another exception, so that exceptions hold
 * little memory and only as many as the stack has room for.
 */
export function checkTags(reader: ByteReader, types: readonly FunctionType[]): void {
  const count = readCount(reader, "tags");
  for (let index = 0; index < count; index += 1) {
    if (reader.readByte() !== 0) throw invalidModule("a tag is not one of exceptions");
    const type = readTypeOf(reader, types);
    checkComplexity("tagParameters", type.parameters);
    if (type.hasOnlyNumbers) continue;
    throw new PluginFailure("module_unsupported", "an exception of the module carries more than numbers");
  }
  reader.expectEnd("the tag section");
}
