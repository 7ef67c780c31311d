/**
 * Writes GGUF version 3 files. Tensor bytes are asked for one chunk at a time and go straight to disk, so that the
 * size of a model does not matter. The file takes its name only when it is whole.
 */
import { rename, rm } from "node:fs/promises";
import { type TensorType, tensorBytes, tensorFormats } from "./quantize.ts";

export type GgufValue =
  | { readonly type: "uint32" | "int32" | "float32"; readonly value: number }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "int32s" | "float32s"; readonly value: readonly number[] };

export type GgufTensor = {
  readonly name: string;
  readonly type: TensorType;
  /** Fastest-running dimension first, as ggml counts them. */
  readonly shape: readonly number[];
  /** The tensor's bytes in order, in pieces of any size. */
  readonly chunks: () => Iterable<Uint8Array>;
};

export type GgufModel = {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensor[];
};

const MAGIC = 0x46554747;
const VERSION = 3;
export const ALIGNMENT_BYTES = 32;
const FIRST_BUFFER_BYTES = 1 << 16;
const valueTypeIds = { uint32: 4, int32: 5, float32: 6, boolean: 7, string: 8, array: 9 } as const;

/** Writes the model to `path`; nothing is left behind where it fails. */
export async function writeGguf(path: string, model: GgufModel): Promise<void> {
  const temporaryPath = `${path}.partial`;
  const sink = Bun.file(temporaryPath).writer({ highWaterMark: 1 << 20 });
  try {
    sink.write(encodeHeader(model));
    for (const tensor of model.tensors) await writeTensor(sink, tensor);
    await sink.end();
    await rename(temporaryPath, path);
  } catch (error) {
    await sink.end();
    await rm(temporaryPath, { force: true });
    throw error;
  }
}

/** The whole file in memory, for small models. */
export function encodeGguf(model: GgufModel): Uint8Array {
  const pieces: Uint8Array[] = [encodeHeader(model)];
  for (const tensor of model.tensors) {
    const bytes = Buffer.concat([...tensor.chunks()]);
    pieces.push(bytes, new Uint8Array(align(bytes.length) - bytes.length));
  }
  return new Uint8Array(Buffer.concat(pieces));
}

async function writeTensor(sink: Bun.FileSink, tensor: GgufTensor): Promise<void> {
  const expectedBytes = tensorBytes(tensor.type, weightCount(tensor));
  let writtenBytes = 0;
  for (const chunk of tensor.chunks()) {
    sink.write(chunk);
    await sink.flush();
    writtenBytes += chunk.length;
  }
  if (writtenBytes !== expectedBytes) {
    throw new Error(`tensor ${tensor.name} gave ${writtenBytes} bytes, its shape needs ${expectedBytes}`);
  }
  sink.write(new Uint8Array(align(writtenBytes) - writtenBytes));
}

/** Everything before the tensor bytes, padded to the alignment. */
export function encodeHeader(model: GgufModel): Uint8Array {
  const buffer = new GrowingBuffer();
  const metadata = Object.entries(model.metadata);
  buffer.uint32(MAGIC);
  buffer.uint32(VERSION);
  buffer.uint64(model.tensors.length);
  buffer.uint64(metadata.length);
  for (const [key, value] of metadata) {
    buffer.string(key);
    encodeValue(buffer, value);
  }
  let offset = 0;
  for (const tensor of model.tensors) {
    buffer.string(tensor.name);
    buffer.uint32(tensor.shape.length);
    for (const extent of tensor.shape) buffer.uint64(extent);
    buffer.uint32(tensorFormats[tensor.type].id);
    buffer.uint64(offset);
    offset += align(tensorBytes(tensor.type, weightCount(tensor)));
  }
  buffer.pad(ALIGNMENT_BYTES);
  return buffer.bytes();
}

function encodeValue(buffer: GrowingBuffer, { type: valueType, value }: GgufValue): void {
  switch (valueType) {
    case "strings":
      encodeArrayHead(buffer, "string", value.length);
      for (const item of value) buffer.string(item);
      break;
    case "int32s":
      encodeArrayHead(buffer, "int32", value.length);
      for (const item of value) buffer.uint32(item);
      break;
    case "float32s":
      encodeArrayHead(buffer, "float32", value.length);
      for (const item of value) buffer.float32(item);
      break;
    case "string":
      buffer.uint32(valueTypeIds.string);
      buffer.string(value);
      break;
    case "boolean":
      buffer.uint32(valueTypeIds.boolean);
      buffer.uint8(value ? 1 : 0);
      break;
    case "float32":
      buffer.uint32(valueTypeIds.float32);
      buffer.float32(value);
      break;
    case "uint32":
    case "int32":
      buffer.uint32(valueTypeIds[valueType]);
      buffer.uint32(value);
      break;
    default:
      valueType satisfies never;
  }
}

function encodeArrayHead(buffer: GrowingBuffer, itemType: keyof typeof valueTypeIds, length: number): void {
  buffer.uint32(valueTypeIds.array);
  buffer.uint32(valueTypeIds[itemType]);
  buffer.uint64(length);
}

function weightCount(tensor: GgufTensor): number {
  return tensor.shape.reduce((product, extent) => product * extent, 1);
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

class GrowingBuffer {
  #bytes = new Uint8Array(FIRST_BUFFER_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #encoder = new TextEncoder();

  uint8(value: number): void {
    const offset = this.#reserve(1);
    this.#view.setUint8(offset, value);
  }

  uint32(value: number): void {
    const offset = this.#reserve(4);
    this.#view.setUint32(offset, value, true);
  }

  uint64(value: number): void {
    const offset = this.#reserve(8);
    this.#view.setBigUint64(offset, BigInt(value), true);
  }

  float32(value: number): void {
    const offset = this.#reserve(4);
    this.#view.setFloat32(offset, value, true);
  }

  string(value: string): void {
    const encoded = this.#encoder.encode(value);
    this.uint64(encoded.length);
    const offset = this.#reserve(encoded.length);
    this.#bytes.set(encoded, offset);
  }

  pad(alignmentBytes: number): void {
    this.#reserve((alignmentBytes - (this.#length % alignmentBytes)) % alignmentBytes);
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room and returns where it begins; to be called before `#bytes` and `#view` are read, as it may replace them. */
  #reserve(count: number): number {
    const offset = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return offset;
  }
}
