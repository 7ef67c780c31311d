import type { GgufModel, GgufTensor } from "../../testing/gguf/gguf-writer.ts";
import { quantize, type TensorType, tensorBytes } from "../../testing/gguf/quantize.ts";

export type ModelSize = {
  readonly type: TensorType;
  readonly layers: number;
  readonly embedding: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly contextTokens: number;
  readonly experts?: { readonly count: number; readonly used: number };
};

const byteTokens = 256;
const controlTokens = ["<unk>", "<s>", "</s>"];
const tokenTypes = { normal: 1, control: 3, byte: 6 };
const chunkWeights = 2 ** 16;

/** A model that loads and runs, of any size; its weights are one short pattern over and over. */
export function createMeasuredModel(size: ModelSize): GgufModel {
  return {
    metadata: { ...describeArchitecture(size), ...describeVocabulary(size.vocabulary) },
    tensors: createTensors(size),
  };
}

function describeArchitecture(size: ModelSize): GgufModel["metadata"] {
  return {
    "general.architecture": { type: "string", value: "llama" },
    "llama.block_count": { type: "uint32", value: size.layers },
    "llama.context_length": { type: "uint32", value: size.contextTokens },
    "llama.embedding_length": { type: "uint32", value: size.embedding },
    "llama.feed_forward_length": { type: "uint32", value: size.feedForward },
    "llama.attention.head_count": { type: "uint32", value: size.heads },
    "llama.attention.head_count_kv": { type: "uint32", value: size.kvHeads },
    "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
    "llama.rope.dimension_count": { type: "uint32", value: size.embedding / size.heads },
    ...(size.experts && {
      "llama.expert_count": { type: "uint32", value: size.experts.count },
      "llama.expert_used_count": { type: "uint32", value: size.experts.used },
    }),
  };
}

function describeVocabulary(size: number): GgufModel["metadata"] {
  const bytes = Array.from({ length: byteTokens }, (_, byte) => {
    return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  });
  const firstWord = controlTokens.length + bytes.length;
  const words = Array.from({ length: size - firstWord }, (_, index) => `\u2581word${index}`);
  const tokens = [...controlTokens, ...bytes, ...words];
  const typeOf = (token: number) =>
    token < controlTokens.length
      ? tokenTypes.control
      : token < firstWord
        ? tokenTypes.byte
        : tokenTypes.normal;
  return {
    "tokenizer.ggml.model": { type: "string", value: "llama" },
    "tokenizer.ggml.tokens": { type: "strings", value: tokens },
    "tokenizer.ggml.scores": { type: "float32s", value: tokens.map((_, token) => -token) },
    "tokenizer.ggml.token_type": { type: "int32s", value: tokens.map((_, token) => typeOf(token)) },
    "tokenizer.ggml.bos_token_id": { type: "uint32", value: 1 },
    "tokenizer.ggml.eos_token_id": { type: "uint32", value: 2 },
  };
}

function createTensors(size: ModelSize): GgufTensor[] {
  const { type, embedding, feedForward, experts } = size;
  const keys = (embedding / size.heads) * size.kvHeads;
  const pattern = quantize(
    type,
    Float32Array.from({ length: chunkWeights }, (_, index) => Math.sin(index * index) * 0.05),
  );
  const matrix = (name: string, ...shape: number[]): GgufTensor => repeat({ name, type, shape }, pattern);
  const tensors = [matrix("token_embd.weight", embedding, size.vocabulary)];
  for (let layer = 0; layer < size.layers; layer += 1) {
    const name = (part: string) => `blk.${layer}.${part}.weight`;
    const perExpert = experts ? [experts.count] : [];
    const suffix = experts ? "_exps" : "";
    tensors.push(
      ones(name("attn_norm"), embedding),
      matrix(name("attn_q"), embedding, embedding),
      matrix(name("attn_k"), embedding, keys),
      matrix(name("attn_v"), embedding, keys),
      matrix(name("attn_output"), embedding, embedding),
      ones(name("ffn_norm"), embedding),
      ...(experts ? [ones(name("ffn_gate_inp"), embedding, experts.count)] : []),
      matrix(name(`ffn_gate${suffix}`), embedding, feedForward, ...perExpert),
      matrix(name(`ffn_up${suffix}`), embedding, feedForward, ...perExpert),
      matrix(name(`ffn_down${suffix}`), feedForward, embedding, ...perExpert),
    );
  }
  return [...tensors, ones("output_norm.weight", embedding)];
}

function ones(name: string, ...shape: number[]): GgufTensor {
  const weights = shape.reduce((product, extent) => product * extent, 1);
  return { name, type: "F32", shape, chunks: () => [quantize("F32", new Float32Array(weights).fill(1))] };
}

function repeat(head: Omit<GgufTensor, "chunks">, pattern: Uint8Array): GgufTensor {
  const total = tensorBytes(
    head.type,
    head.shape.reduce((product, extent) => product * extent, 1),
  );
  return {
    ...head,
    *chunks() {
      for (let done = 0; done < total; done += pattern.length)
        yield pattern.subarray(0, Math.min(pattern.length, total - done));
    },
  };
}
