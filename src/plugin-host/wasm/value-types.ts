import { PluginFailure } from "../failure.ts";
import { type ByteReader, invalidModule } from "./byte-reader.ts";

/** `reference` stands for the rarer references to functions and to the outside. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "funcref" | "externref" | "reference";

const simpleTypes: ReadonlyMap<number, ValueType> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
  [0x7b, "v128"],
  [0x73, "reference"],
  [0x72, "reference"],
  [0x70, "funcref"],
  [0x6f, "externref"],
]);

/** Objects of these types live outside linear memory, where no limit reaches them. */
const unboundedTypes: ReadonlyMap<number, string> = new Map([
  [0x74, "nullexnref"],
  [0x71, "nullref"],
  [0x6e, "anyref"],
  [0x6d, "eqref"],
  [0x6c, "i31ref"],
  [0x6b, "structref"],
  [0x6a, "arrayref"],
  [0x69, "exnref"],
]);

const nullableReference = 0x63;
const reference = 0x64;
const heapTypes: ReadonlySet<number> = new Set([-0x10, -0x11, -0x0d, -0x0e]);

/** Throws PluginFailure module_unsupported for types whose values no limit bounds. */
export function readValueType(reader: ByteReader): ValueType {
  const at = reader.position;
  const code = reader.readByte();
  const simple = simpleTypes.get(code);
  if (simple !== undefined) return simple;
  if (code === nullableReference || code === reference) {
    readHeapType(reader);
    return "reference";
  }
  const unbounded = unboundedTypes.get(code);
  if (unbounded !== undefined) throw unsupportedType(unbounded);
  throw invalidModule(`there is no type ${code}, at byte ${at}`);
}

export function readReferenceType(reader: ByteReader): ValueType {
  const at = reader.position;
  const type = readValueType(reader);
  if (type === "funcref" || type === "externref" || type === "reference") return type;
  throw invalidModule(`expected a type of references at byte ${at}, found ${type}`);
}

/** An index of a type, or one of the abstract heap types of functions and of the outside. */
export function readHeapType(reader: ByteReader): void {
  const code = reader.readS33();
  if (code >= 0 || heapTypes.has(code)) return;
  throw unsupportedType(unboundedTypes.get(code + 0x80) ?? `heap type ${code}`);
}

function unsupportedType(name: string): PluginFailure {
  return new PluginFailure(
    "module_unsupported",
    `the module uses ${name}; objects of the garbage collector and references to exceptions are not possible in plugins`,
  );
}
