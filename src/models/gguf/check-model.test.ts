import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { encodeGguf, type GgufValue } from "../../testing/gguf/gguf-writer.ts";
import { createTinyModel, type TinyModelOptions, zeroTensor } from "../../testing/gguf/tiny-model.ts";
import { demoModelPath, findTestModel } from "../../testing/models.ts";
import { createMemorySource, openFileSource } from "./byte-source.ts";
import { checkModelHeader, findKind } from "./check-model.ts";
import { readGgufHeader } from "./read-header.ts";

/** The reason that a model is refused for, or "accepted". */
function refusalOf(options: TinyModelOptions): string {
  const header = readGgufHeader(createMemorySource("tiny.gguf", encodeGguf(createTinyModel(options))));
  try {
    checkModelHeader("tiny.gguf", header);
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect(error).toHaveProperty("code", "model_load_failed");
    return error instanceof AppError ? error.message : "";
  }
}

const count = (value: number) => ({ type: "uint32", value }) as const;
const text = (value: string) => ({ type: "string", value }) as const;
const embeddings = zeroTensor("token_embd.weight", [32, 4]);

test.each([
  "hearth-demo",
  "stories260K.gguf",
  "llama-2-tiny-random.gguf",
  "synthetic-bert-rerank-f16.gguf",
  "w2v1000-static-bert-f16.gguf",
])("%s passes", (name) => {
  const path = name === "hearth-demo" ? demoModelPath : findTestModel(name);
  if (path === undefined) return;
  using source = openFileSource(path);
  checkModelHeader(path, readGgufHeader(source));
});

test("a small whole header passes", () => {
  expect(refusalOf({})).toBe("accepted");
});

test.each<[string, Readonly<Record<string, GgufValue>>, string]>([
  ["another kind of file", { "general.type": text("adapter") }, 'of type "adapter"'],
  ["a projector", { "general.architecture": text("clip") }, "is a projector"],
  ["a later part", { "split.no": count(2) }, "it is part 3 of a model"],
  ["no layers", { "llama.block_count": count(0) }, "llama.block_count is 0"],
  ["more layers than any table holds", { "llama.block_count": count(513) }, "from 1 to 512"],
  ["a size that is text", { "llama.block_count": text("many") }, "llama.block_count is not a number"],
  ["half a layer", { "llama.block_count": { type: "float32", value: 1.5 } }, "is 1.5"],
  ["no context", { "llama.context_length": count(0) }, "context_length is 0"],
  ["no heads", { "llama.attention.head_count": count(0) }, "head_count is 0"],
  [
    "more heads per layer than layers",
    { "llama.attention.head_count_kv": { type: "int32s", value: Array(513).fill(1) } },
    "513 values",
  ],
  [
    "heads that cannot share",
    { "llama.attention.head_count": count(4), "llama.attention.head_count_kv": count(3) },
    "cannot share 3",
  ],
  ["more heads for keys than heads", { "llama.attention.head_count_kv": count(4) }, "cannot share 4"],
  [
    "an embedding that cannot be divided",
    { "llama.attention.head_count": count(3), "llama.attention.head_count_kv": count(3) },
    "cannot be divided among 3 heads",
  ],
  ["an odd rotation", { "llama.rope.dimension_count": count(15) }, "dimension_count is 15 in heads of 16"],
  ["a rotation beyond the head", { "llama.rope.dimension_count": count(64) }, "dimension_count is 64"],
  ["an unknown scaling of rotations", { "llama.rope.scaling.type": text("twisted") }, 'is "twisted"'],
  [
    "an epsilon below zero",
    { "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: -1 } },
    "epsilon is -1",
  ],
  [
    "an epsilon that is no number",
    { "llama.attention.layer_norm_epsilon": { type: "float32", value: Number.NaN } },
    "epsilon is NaN",
  ],
  ["an unknown pooling", { "llama.pooling_type": count(9) }, "pooling_type is 9"],
  ["experts of which none is used", { "llama.expert_count": count(8) }, "uses 0 of 8 experts"],
  [
    "more experts used than there are",
    { "llama.expert_count": count(2), "llama.expert_used_count": count(3) },
    "uses 3 of 2",
  ],
  [
    "groups of experts that are uneven",
    {
      "llama.expert_count": count(9),
      "llama.expert_used_count": count(2),
      "llama.expert_group_count": count(2),
    },
    "9 experts into 2 groups",
  ],
  ["more predicting layers than layers", { "llama.nextn_predict_layers": count(2) }, "predicts with 2 of 1"],
  [
    "a vocabulary of numbers",
    { "tokenizer.ggml.tokens": { type: "int32s", value: [1, 2, 3, 4] } },
    "tokens are not texts",
  ],
  [
    "a smaller vocabulary",
    { "tokenizer.ggml.tokens": { type: "strings", value: ["a"] } },
    "does not hold one number for each of its 1",
  ],
  [
    "scores for some tokens",
    { "tokenizer.ggml.scores": { type: "float32s", value: [0] } },
    "scores does not hold one number for each",
  ],
  [
    "types of another width",
    { "tokenizer.ggml.token_type": { type: "float32s", value: [1, 1, 1, 1] } },
    "token_type does not hold",
  ],
  [
    "merges of numbers",
    { "tokenizer.ggml.merges": { type: "int32s", value: [1] } },
    "merges is not a list of texts",
  ],
])("%s is refused: %j", (_, metadata, expected) => {
  expect(refusalOf({ metadata })).toContain(expected);
});

test.each<[string, TinyModelOptions, string]>([
  ["no tensors", { tensors: [] }, "has no tensors"],
  ["no embeddings", { tensors: [zeroTensor("output.weight", [32, 4])] }, '"token_embd.weight" is missing'],
  [
    "embeddings for other tokens",
    { tensors: [zeroTensor("token_embd.weight", [32, 5])] },
    "embeddings for 5 tokens and a vocabulary of 4",
  ],
  [
    "a norm in F16",
    { tensors: [embeddings, zeroTensor("output_norm.weight", [32], "F16")] },
    "is stored as F16",
  ],
  [
    "a quantised norm",
    { tensors: [embeddings, zeroTensor("blk.0.attn_norm.weight", [32], "Q8_0")] },
    "is stored as Q8_0",
  ],
  [
    "a bias in F16",
    { tensors: [embeddings, zeroTensor("blk.0.attn_q.bias", [32], "F16")] },
    "is stored as F16",
  ],
])("a model with %s is refused", (_, options, expected) => {
  expect(refusalOf(options)).toContain(expected);
});

test("a recurrent model may say that it has no heads", () => {
  const metadata = {
    "llama.attention.head_count": count(0),
    "llama.attention.head_count_kv": count(0),
    "llama.ssm.state_size": count(16),
  };
  expect(refusalOf({ metadata })).toBe("accepted");
});

const deep = 101;
test.each([
  ["too long", "a".repeat(256 * 1024 + 1), "has 262145 characters"],
  [
    "nested blocks",
    `${"{% if x %}".repeat(deep)}y${"{% endif %}".repeat(deep)}`,
    "nests blocks deeper than 100",
  ],
  ["nested brackets", `{{ ${"(".repeat(deep)}1${")".repeat(deep)} }}`, "more than 100 open brackets"],
  ["a chain of operators", `{{ ${"-".repeat(5_000)}1 }}`, "more than 4096 characters"],
  ["a chain of alternatives", `{% if x %}${"{% elif x %}".repeat(501)}{% endif %}`, "more than 500 elif"],
  ["a range without end", "{% for i in range(1000000000) %}{% endfor %}", "counts to ten millions"],
])("a chat template with %s is refused before it is rendered", (_, template, expected) => {
  expect(refusalOf({ metadata: { "tokenizer.chat_template": text(template) } })).toContain(expected);
});

test.each([
  ["long texts in a tag", `{{ "${"x".repeat(50_000)}" }}`],
  ["brackets in texts and comments", `{# ${"(".repeat(500)} #}{{ '${"[".repeat(500)}' }}`],
  ["many blocks one after another", "{% if x %}y{% endif %}{% set z = 1 %}".repeat(500)],
  ["sets that end", "{% set x %}y{% endset %}".repeat(200)],
  ["a long number in a text", "{{ '12345678901234567890' }} 12345678901234567890"],
])("a chat template with %s passes", (_, template) => {
  expect(refusalOf({ metadata: { "tokenizer.chat_template": text(template) } })).toBe("accepted");
});

test("what a file is for is told from its header", () => {
  const kindOf = (metadata: Readonly<Record<string, GgufValue>>) => {
    const file = encodeGguf({ metadata, tensors: [embeddings] });
    return findKind(readGgufHeader(createMemorySource("tiny.gguf", file)));
  };
  const architecture = { "general.architecture": text("llama") };
  expect(kindOf(architecture)).toBe("model");
  expect(kindOf({ ...architecture, "general.type": text("adapter") })).toBe("adapter");
  expect(kindOf({ ...architecture, "general.type": text("mmproj") })).toBe("projector");
  expect(kindOf({ "general.architecture": text("clip") })).toBe("projector");
  expect(kindOf({ ...architecture, "split.no": count(1) })).toBe("part");
  expect(kindOf({ "general.type": text("imatrix") })).toBe("other");
});
