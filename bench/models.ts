/** Models with random weights for the benchmarks: their words mean nothing, their shapes and costs are those of real ones. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type GgufModel, type GgufTensor, writeGguf } from "../src/testing/gguf/gguf-writer.ts";
import { quantize, type TensorType } from "../src/testing/gguf/quantize.ts";
import { createRandom } from "./random.ts";
import { createVocabulary } from "./vocabulary.ts";
import { commonWords } from "./words.ts";

export type ModelShape = {
  readonly name: string;
  readonly layers: number;
  readonly embedding: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly contextTokens: number;
  readonly type: TensorType;
  readonly seed: number;
};

/** The shape of Qwen2.5-0.5B: 494 million parameters, the output tied to the embedding. */
export const halfBillion: ModelShape = {
  name: "random-0.5b-q8_0",
  layers: 24,
  embedding: 896,
  heads: 14,
  kvHeads: 2,
  feedForward: 4864,
  vocabulary: 151_936,
  contextTokens: 32_768,
  type: "Q8_0",
  seed: 1,
};

/** A small model with a large vocabulary: what is left is sampling and transport. */
export const smallVocabulary152k: ModelShape = {
  name: "random-small-vocab152k-q8_0",
  layers: 4,
  embedding: 256,
  heads: 4,
  kvHeads: 2,
  feedForward: 768,
  vocabulary: 151_936,
  contextTokens: 32_768,
  type: "Q8_0",
  seed: 2,
};

export const cacheDir = join(import.meta.dir, ".cache");
/** Part of the file name: raise it when the same shape comes to mean other bytes. */
const FORMAT_VERSION = 1;
const CHUNK_WEIGHTS = 1 << 18;
/** Gives logits a spread of about 1.5, so that sampling has a real choice and no token runs away. */
const EMBEDDING_DEVIATION = 0.05;
const SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] as const;
const TOKEN_TYPE_NORMAL = 1;
const TOKEN_TYPE_CONTROL = 3;
const CHAT_TEMPLATE =
  "{%- for message in messages -%}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}" +
  "{%- endfor -%}{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}";

/** The path of the model's file, written first where it is not there yet. */
export async function ensureModel(shape: ModelShape): Promise<string> {
  const path = join(cacheDir, `${shape.name}-v${FORMAT_VERSION}.gguf`);
  if (existsSync(path)) return path;
  await mkdir(cacheDir, { recursive: true });
  console.error(`writing ${path}`);
  await writeGguf(path, createModel(shape));
  return path;
}

/** The metadata and the tensors of a llama-architecture model with a ChatML template. */
export function createModel(shape: ModelShape): GgufModel {
  return {
    metadata: { ...architectureMetadata(shape), ...tokenizerMetadata(shape.vocabulary) },
    tensors: createTensors(shape),
  };
}

function architectureMetadata(shape: ModelShape): GgufModel["metadata"] {
  return {
    "general.architecture": { type: "string", value: "llama" },
    "general.name": { type: "string", value: shape.name },
    "general.file_type": { type: "uint32", value: { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7 }[shape.type] },
    "general.quantization_version": { type: "uint32", value: 2 },
    "llama.block_count": { type: "uint32", value: shape.layers },
    "llama.context_length": { type: "uint32", value: shape.contextTokens },
    "llama.embedding_length": { type: "uint32", value: shape.embedding },
    "llama.feed_forward_length": { type: "uint32", value: shape.feedForward },
    "llama.attention.head_count": { type: "uint32", value: shape.heads },
    "llama.attention.head_count_kv": { type: "uint32", value: shape.kvHeads },
    "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-6 },
    "llama.rope.dimension_count": { type: "uint32", value: shape.embedding / shape.heads },
    "llama.rope.freq_base": { type: "float32", value: 1_000_000 },
    "llama.vocab_size": { type: "uint32", value: shape.vocabulary },
  };
}

function tokenizerMetadata(size: number): GgufModel["metadata"] {
  const { tokens, merges, firstSpecial } = createVocabulary(size, commonWords, SPECIAL_TOKENS);
  const endOfTurn = firstSpecial + SPECIAL_TOKENS.indexOf("<|im_end|>");
  return {
    "tokenizer.ggml.model": { type: "string", value: "gpt2" },
    "tokenizer.ggml.pre": { type: "string", value: "qwen2" },
    "tokenizer.ggml.tokens": { type: "strings", value: tokens },
    "tokenizer.ggml.token_type": {
      type: "int32s",
      value: tokens.map((_, token) => (token < firstSpecial ? TOKEN_TYPE_NORMAL : TOKEN_TYPE_CONTROL)),
    },
    "tokenizer.ggml.merges": { type: "strings", value: merges },
    "tokenizer.ggml.eos_token_id": { type: "uint32", value: endOfTurn },
    "tokenizer.ggml.padding_token_id": { type: "uint32", value: firstSpecial },
    "tokenizer.ggml.add_bos_token": { type: "boolean", value: false },
    "tokenizer.chat_template": { type: "string", value: CHAT_TEMPLATE },
  };
}

function createTensors(shape: ModelShape): GgufTensor[] {
  const { embedding, feedForward, type } = shape;
  const kvWidth = (embedding / shape.heads) * shape.kvHeads;
  let seed = shape.seed * 1000;
  const matrix = (
    name: string,
    inputs: number,
    outputs: number,
    deviation = 1 / Math.sqrt(inputs),
  ): GgufTensor => randomTensor({ name, type, shape: [inputs, outputs] }, deviation, seed++);
  const tensors = [matrix("token_embd.weight", embedding, shape.vocabulary, EMBEDDING_DEVIATION)];
  for (let layer = 0; layer < shape.layers; layer++) {
    const name = (part: string): string => `blk.${layer}.${part}.weight`;
    tensors.push(
      onesTensor(name("attn_norm"), embedding),
      matrix(name("attn_q"), embedding, embedding),
      matrix(name("attn_k"), embedding, kvWidth),
      matrix(name("attn_v"), embedding, kvWidth),
      matrix(name("attn_output"), embedding, embedding),
      onesTensor(name("ffn_norm"), embedding),
      matrix(name("ffn_gate"), embedding, feedForward),
      matrix(name("ffn_up"), embedding, feedForward),
      matrix(name("ffn_down"), feedForward, embedding),
    );
  }
  return [...tensors, onesTensor("output_norm.weight", embedding)];
}

function onesTensor(name: string, length: number): GgufTensor {
  return {
    name,
    type: "F32",
    shape: [length],
    chunks: () => [quantize("F32", new Float32Array(length).fill(1))],
  };
}

function randomTensor(head: Omit<GgufTensor, "chunks">, deviation: number, seed: number): GgufTensor {
  const total = head.shape.reduce((product, extent) => product * extent, 1);
  return {
    ...head,
    *chunks() {
      const random = createRandom(seed);
      // A uniform distribution over [-w, w] has the deviation w / sqrt(3).
      const width = 2 * Math.sqrt(3) * deviation;
      for (let done = 0; done < total; done += CHUNK_WEIGHTS) {
        const weights = new Float32Array(Math.min(CHUNK_WEIGHTS, total - done));
        for (let index = 0; index < weights.length; index++) weights[index] = (random() - 0.5) * width;
        yield quantize(head.type, weights);
      }
    },
  };
}

if (import.meta.main) {
  for (const shape of [halfBillion, smallVocabulary152k]) console.log(await ensureModel(shape));
}
