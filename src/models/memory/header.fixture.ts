import type { GgufHeader, GgufTensor, GgufValue } from "../gguf/header.ts";

export type HeaderParts = {
  readonly architecture?: string;
  /** Keys of the architecture, without its name before them. */
  readonly sizes?: Readonly<Record<string, number | boolean | readonly number[]>>;
  readonly vocabularySize?: number;
  readonly tensors?: readonly (readonly [name: string, type: string, shape: readonly number[]])[];
};

/** Bits of one weight in the formats that the tests use. */
const weightBits: Readonly<Record<string, number>> = { F32: 32, F16: 16, Q8_0: 8.5, Q4_0: 4.5, Q4_K: 4.5 };

/** A header as the reader would give it for a file of these parts. */
export function createHeader({
  architecture = "llama",
  sizes = {},
  vocabularySize = 1_000,
  tensors = [],
}: HeaderParts): GgufHeader {
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", { type: "text", value: architecture }],
    ["tokenizer.ggml.tokens", { type: "array", elementType: "string", count: vocabularySize }],
  ]);
  for (const [key, value] of Object.entries(sizes)) metadata.set(`${architecture}.${key}`, toValue(value));
  const placed: GgufTensor[] = [];
  for (const [name, type, shape] of tensors) {
    const elements = shape.reduce((product, extent) => product * extent, 1);
    const bytes = (elements * (weightBits[type] ?? 8)) / 8;
    const previous = placed.at(-1);
    const offset = previous === undefined ? 0 : previous.offset + previous.bytes;
    placed.push({ name, type, shape, elements, bytes, offset });
  }
  const dataBytes = placed.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    version: 3,
    byteOrder: "little",
    metadata,
    tensors: placed,
    alignment: 32,
    dataOffset: 4_096,
    fileBytes: 4_096 + dataBytes,
  };
}

function toValue(value: number | boolean | readonly number[]): GgufValue {
  if (typeof value === "number") return { type: "number", value };
  if (typeof value === "boolean") return { type: "boolean", value };
  return { type: "array", elementType: "u32", count: value.length, values: value };
}
