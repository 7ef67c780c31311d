import { expect, test } from "bun:test";
import { encodeGguf, type GgufValue } from "../../testing/gguf/gguf-writer.ts";
import { createTinyModel } from "../../testing/gguf/tiny-model.ts";
import { demoModelPath, findTestModel } from "../../testing/models.ts";
import { createMemorySource, openFileSource } from "./byte-source.ts";
import { describeGguf, describeHeader, summarize } from "./describe.ts";
import { toModelInfo } from "./model-info.ts";
import { readGgufHeader } from "./read-header.ts";

type Metadata = Readonly<Record<string, GgufValue>>;

function readTiny(metadata: Metadata = {}) {
  return readGgufHeader(createMemorySource("tiny.gguf", encodeGguf(createTinyModel({ metadata }))));
}

function capabilitiesOf(metadata: Metadata) {
  return summarize(readTiny(metadata)).capabilities;
}

const text = (value: string) => ({ type: "string", value }) as const;
const count = (value: number) => ({ type: "uint32", value }) as const;

test("the built-in model is described as what it is", () => {
  expect(describeGguf(demoModelPath)).toMatchObject({
    architecture: "llama",
    parameters: 4_328_704,
    quantisation: "Q8_0",
    trainedContextTokens: 2048,
    vocabularySize: 3072,
    layers: 6,
    heads: 4,
    keyValueHeads: 2,
    keyLength: 64,
    valueLength: 64,
    parts: 1,
    hasChatTemplate: true,
    chatTemplate: expect.stringContaining("<|im_start|>"),
    license: "mit",
    capabilities: { generate: true, chat: true, tools: true, reasoning: false, infill: false, embed: true },
  });
});

test("heads that differ by layer are described by the most, a licence by its name", () => {
  const description = describeHeader(
    "tiny.gguf",
    readTiny({
      "llama.attention.head_count_kv": { type: "int32s", value: [1, 2] },
      "llama.attention.key_length": count(24),
      "llama.expert_count": count(8),
      "llama.expert_used_count": count(2),
      "general.license": text("other"),
      "general.license.name": text("tiny-community"),
      "general.license.link": text("https://example.com/license"),
    }),
  );
  expect(description).toMatchObject({
    heads: 2,
    keyValueHeads: 2,
    keyLength: 24,
    valueLength: 16,
    experts: 8,
    expertsUsed: 2,
    license: "tiny-community",
    licenseLink: "https://example.com/license",
  });
});

test("a summary holds what listings show", () => {
  expect(summarize(readTiny())).toEqual({
    title: "tiny",
    architecture: "llama",
    parameters: 128,
    quantisation: "F32",
    trainedContextTokens: 64,
    embeddingLength: 32,
    capabilities: {
      generate: true,
      chat: true,
      tools: false,
      reasoning: false,
      infill: false,
      embed: true,
      rerank: false,
    },
  });
});

test.each<[string, Metadata, object]>([
  [
    "a template that writes tools",
    { "tokenizer.chat_template": text("{% if tools %}{{ tools | tojson }}{% endif %}") },
    { tools: true, reasoning: false },
  ],
  [
    "a template of its own for tools",
    {
      "tokenizer.chat_template": text("{{ messages }}"),
      "tokenizer.chat_template.tool_use": text("{{ message.tool_calls }}"),
    },
    { tools: true },
  ],
  [
    "a template that only speaks of toolsmiths",
    { "tokenizer.chat_template": text("You are a toolsmith.{{ messages }}") },
    { tools: false, reasoning: false },
  ],
  [
    "a template that switches thinking",
    { "tokenizer.chat_template": text("{% if enable_thinking %}x{% endif %}") },
    { reasoning: true },
  ],
  ["pooled embeddings", { "llama.pooling_type": count(1) }, { generate: false, chat: false, embed: true }],
  ["no pooling", { "llama.pooling_type": count(0) }, { generate: true }],
  ["a rank head", { "llama.pooling_type": count(4) }, { generate: false, embed: false, rerank: true }],
  [
    "attention in both directions",
    { "llama.attention.causal": { type: "boolean", value: false } },
    { generate: false, embed: true },
  ],
  [
    "three tokens around a gap",
    {
      "tokenizer.ggml.fim_pre_token_id": count(1),
      "tokenizer.ggml.fim_suf_token_id": count(2),
      "tokenizer.ggml.fim_mid_token_id": count(3),
    },
    { infill: true },
  ],
  [
    "a token around a gap that is outside the vocabulary",
    {
      "tokenizer.ggml.fim_pre_token_id": count(1),
      "tokenizer.ggml.fim_suf_token_id": count(2),
      "tokenizer.ggml.fim_mid_token_id": count(4),
    },
    { infill: false },
  ],
])("%s: %j is %j", (_, metadata, expected) => {
  expect(capabilitiesOf(metadata)).toMatchObject(expected);
});

test.each([3, 5_000])("tokens around a gap are found among %i others", (others) => {
  const tokens = [
    ...Array.from({ length: others }, (_, index) => `<token ${index}>`),
    ...["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"],
  ];
  expect(capabilitiesOf({ "tokenizer.ggml.tokens": { type: "strings", value: tokens } }).infill).toBe(true);
  const without = tokens.slice(0, -1);
  expect(capabilitiesOf({ "tokenizer.ggml.tokens": { type: "strings", value: without } }).infill).toBe(false);
});

test("model information has every scalar, null for arrays, and the number of parameters", () => {
  const header = readTiny({
    "general.tags": { type: "strings", value: ["small"] },
    __proto__x: text("kept"),
    "tokenizer.chat_template": text("{{ messages }}"),
    odd: { type: "float32", value: Number.NaN },
  });
  const info = toModelInfo(header);
  expect(info).toMatchObject({
    "general.architecture": "llama",
    "general.parameter_count": 128,
    "llama.context_length": 64,
    "tokenizer.ggml.tokens": null,
    "general.tags": null,
    __proto__x: "kept",
    odd: null,
  });
  expect(Object.keys(info)).not.toContain("general.name");
  expect(Object.keys(info)).not.toContain("tokenizer.chat_template");
  expect(toModelInfo(header, { verbose: true })).toMatchObject({ "general.tags": ["small"] });
});

test("a key called __proto__ is one like any other", () => {
  const metadata = JSON.parse('{"__proto__": {"type": "string", "value": "x"}}') as Metadata;
  const file = encodeGguf({ metadata, tensors: createTinyModel().tensors });
  const info = toModelInfo(readGgufHeader(createMemorySource("tiny.gguf", file)));
  expect(Object.keys(info)).toContain("__proto__");
  expect(Object.getPrototypeOf(info)).toBe(Object.prototype);
});

test("a reranker is told from its header", () => {
  const path = findTestModel("synthetic-bert-rerank-f16.gguf");
  if (path === undefined) return;
  using source = openFileSource(path);
  expect(summarize(readGgufHeader(source)).capabilities).toMatchObject({
    generate: false,
    embed: false,
    rerank: true,
  });
});
