import type { GgufModel, GgufTensor, GgufValue } from "./gguf-writer.ts";
import { quantize, type TensorType } from "./quantize.ts";

export type TinyModelOptions = {
  readonly type?: TensorType;
  readonly metadata?: Readonly<Record<string, GgufValue>>;
  /** In place of the embeddings that every model has. */
  readonly tensors?: readonly GgufTensor[];
};

const embedding = 32;
const tokens = ["<unk>", "a", "b", "c"];

/** A tensor of zeros. */
export function zeroTensor(name: string, shape: readonly number[], type: TensorType = "F32"): GgufTensor {
  const weights = shape.reduce((product, extent) => product * extent, 1);
  return { name, type, shape, chunks: () => [quantize(type, new Float32Array(weights))] };
}

/** A file of 1 KB whose header describes a whole model; its weights would not run. */
export function createTinyModel({ type = "F32", metadata = {}, tensors }: TinyModelOptions = {}): GgufModel {
  return {
    metadata: {
      "general.architecture": { type: "string", value: "llama" },
      "general.name": { type: "string", value: "tiny" },
      "general.file_type": { type: "uint32", value: { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7 }[type] },
      "llama.block_count": { type: "uint32", value: 1 },
      "llama.context_length": { type: "uint32", value: 64 },
      "llama.embedding_length": { type: "uint32", value: embedding },
      "llama.attention.head_count": { type: "uint32", value: 2 },
      "llama.attention.head_count_kv": { type: "uint32", value: 1 },
      "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
      "llama.rope.dimension_count": { type: "uint32", value: 16 },
      "tokenizer.ggml.model": { type: "string", value: "llama" },
      "tokenizer.ggml.tokens": { type: "strings", value: tokens },
      "tokenizer.ggml.scores": { type: "float32s", value: tokens.map(() => 0) },
      "tokenizer.ggml.token_type": { type: "int32s", value: tokens.map(() => 1) },
      ...metadata,
    },
    tensors: tensors ?? [zeroTensor("token_embd.weight", [embedding, tokens.length], type)],
  };
}
