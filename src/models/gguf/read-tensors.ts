import type { Cursor } from "./cursor.ts";
import type { GgufTensor } from "./header.ts";
import { findTensorType, type TensorType } from "./tensor-types.ts";

const maxTensorNameBytes = 63;
const maxDimensions = 4;
const maxAxisElements = 2 ** 40;
const maxTensorBytes = 2 ** 46;

/** Reads the descriptions of all tensors, none of their data. */
export function readTensors(cursor: Cursor, count: number, alignment: number): GgufTensor[] {
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    const tensor = readTensor(cursor, alignment);
    if (names.has(tensor.name))
      throw cursor.malformed(`the tensor ${JSON.stringify(tensor.name)} is there twice`);
    names.add(tensor.name);
    tensors.push(tensor);
  }
  return tensors;
}

function readTensor(cursor: Cursor, alignment: number): GgufTensor {
  const name = cursor.text(cursor.count("bytes of a tensor's name", maxTensorNameBytes));
  if (name === "") throw cursor.malformed("a tensor has no name");
  const shape = readShape(cursor, name);
  const type = readType(cursor, name, shape);
  const elements = shape.reduce((product, axis) => product * axis, 1);
  const bytes = (elements / type.blockElements) * type.blockBytes;
  if (bytes > maxTensorBytes) throw cursor.malformed(`the tensor ${JSON.stringify(name)} is absurdly large`);
  const offset = cursor.count("bytes before a tensor", Number.MAX_SAFE_INTEGER - 2 * maxTensorBytes);
  if (offset % alignment !== 0) throw cursor.malformed(`the tensor ${JSON.stringify(name)} is not aligned`);
  return { name, shape, type: type.name, elements, offset, bytes };
}

function readShape(cursor: Cursor, name: string): readonly number[] {
  const dimensions = cursor.u32();
  if (dimensions > maxDimensions) {
    throw cursor.malformed(
      `the tensor ${JSON.stringify(name)} has ${dimensions} dimensions, more than ${maxDimensions}`,
    );
  }
  const shape: number[] = [];
  for (let axis = 0; axis < dimensions; axis += 1) {
    const size = cursor.count("elements along an axis", maxAxisElements);
    if (size === 0) throw cursor.malformed(`the tensor ${JSON.stringify(name)} is empty`);
    shape.push(size);
  }
  return shape;
}

function readType(cursor: Cursor, name: string, shape: readonly number[]): TensorType {
  const typeNumber = cursor.u32();
  const type = findTensorType(typeNumber);
  if (!type) throw cursor.malformed(`the tensor ${JSON.stringify(name)} has the unknown type ${typeNumber}`);
  if ((shape[0] ?? 1) % type.blockElements !== 0) {
    throw cursor.malformed(`a row of the tensor ${JSON.stringify(name)} is not whole blocks of ${type.name}`);
  }
  return type;
}
