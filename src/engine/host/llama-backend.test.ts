import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../base/index.ts";
import { createTemporaryFolder, demoModelPath, findTestModel } from "../../testing/index.ts";
import { noAdapters } from "./adapters.ts";
import type { Backend } from "./backend.ts";
import {
  chatRequest,
  distribution,
  evaluate,
  generate,
  loadTestBackend,
  planTestContext,
  sampleOne,
  samplerOptions,
  toText,
} from "./llama-fixture.ts";

function errorOf(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the built-in model", () => {
  let backend: Backend;
  beforeAll(() => {
    backend = loadTestBackend();
  });
  afterAll(() => backend.free());

  const tokenize = (text: string) => backend.tokenize(text, { addSpecial: false, parseSpecial: false });

  test("describes itself from its file", () => {
    expect(backend.model).toMatchObject({
      architecture: "llama",
      vocabularySize: 3072,
      layers: 6,
      trainedContextTokens: 2048,
      canTrim: true,
    });
    expect(backend.model.capabilities).toMatchObject({
      generate: true,
      chat: true,
      tools: true,
      rerank: false,
    });
    expect(backend.context).toMatchObject({ kvTokens: 1024, sequenceTokens: 1024 });
    expect(backend.model.endTokens.size).toBeGreaterThan(0);
  });

  test.each([
    ["plain words", "The quick brown fox jumps over the lazy dog."],
    ["other scripts and emoji", "Grüße, мир! 你好 👩‍👩‍👧‍👦"],
    ["control characters and NUL", "a\u0000b\u0001\u001b[0m\r\n\tc"],
    ["nothing", ""],
  ])("round-trips %s through tokens", (_, text) => {
    const tokens = tokenize(text);
    expect(backend.detokenize(tokens)).toBe(text);
    expect(toText(backend, [...tokens])).toBe(text);
  });

  test("tokenises text that has more tokens than its first buffer holds", () => {
    const text = "\u0002\u0003".repeat(20_000);
    expect(backend.detokenize(tokenize(text))).toBe(text);
  });

  test("reads special tokens only when asked to", () => {
    const parsed = backend.tokenize("<|im_start|>", { addSpecial: false, parseSpecial: true });
    expect(parsed).toHaveLength(1);
    expect(tokenize("<|im_start|>").length).toBeGreaterThan(1);
    expect(backend.piece(parsed[0] ?? -1, false)).toHaveLength(0);
    expect(Buffer.from(backend.piece(parsed[0] ?? -1, true)).toString()).toBe("<|im_start|>");
  });

  test("refuses a token that is not in its vocabulary", () => {
    expect(errorOf(() => backend.piece(3072, true)).code).toBe("invalid_request");
    expect(errorOf(() => backend.detokenize(Int32Array.of(-1))).code).toBe("invalid_request");
    expect(errorOf(() => evaluate(backend, [99_999])).code).toBe("inference_error");
  });

  test("answers a pinned prompt word for word at temperature 0", () => {
    const rendered = backend.chat?.render(chatRequest("Reply with exactly: pong-42"));
    const prompt = backend.tokenize(rendered?.prompt ?? "", { addSpecial: true, parseSpecial: true });
    const sampler = backend.createSampler(samplerOptions({ temperature: 0 }));
    expect(toText(backend, generate(backend, prompt, sampler))).toBe("pong-42");
    sampler.free();
  });

  test("continues a saved and restored sequence with the same distribution", () => {
    const prompt = tokenize("The owner of Orchid is Dana. The port of the mailer is");
    backend.removeSequence(0, 0, -1);
    backend.removeSequence(1, 0, -1);
    evaluate(backend, prompt);
    const state = backend.saveSequence(0);
    const next = tokenize(" 81")[0] ?? 0;
    const expected = distribution(backend, evaluate(backend, [next], prompt.length));
    backend.removeSequence(0, 0, -1);
    expect(backend.restoreSequence(1, state)).toBe(true);
    const restored = distribution(backend, evaluate(backend, [next], prompt.length, 1));
    expect(restored.topTokens).toEqual(expected.topTokens);
    expect(restored.topLogprobs).toEqual(expected.topLogprobs);
    backend.removeSequence(1, 0, -1);
  });

  test("refuses to restore bytes that are no state", () => {
    expect(backend.restoreSequence(1, new Uint8Array(64).fill(7))).toBe(false);
  });

  test("shares a copied prefix between sequences", () => {
    const prompt = tokenize("one two three four five six");
    backend.removeSequence(0, 0, -1);
    backend.removeSequence(1, 0, -1);
    const alone = distribution(backend, evaluate(backend, prompt));
    backend.copySequence(0, 1, 0, prompt.length - 1);
    const shared = distribution(backend, evaluate(backend, prompt.slice(-1), prompt.length - 1, 1));
    expect(shared.topTokens[0]).toBe(alone.topTokens[0] ?? -1);
    expect(shared.topLogprobs[0]).toBeCloseTo(alone.topLogprobs[0] ?? 0, 2);
    backend.removeSequence(1, 0, -1);
  });

  test("says no-space and keeps working when the cache is full", () => {
    backend.removeSequence(0, 0, -1);
    const tokens = new Int32Array(512).fill(5);
    evaluate(backend, tokens, 0);
    evaluate(backend, tokens, 512);
    expect(() => evaluate(backend, [5], 1024)).toThrow("did not fit");
    expect(backend.removeSequence(0, 512, -1)).toBe(true);
    expect(evaluate(backend, [5], 512)).toBe(0);
    backend.removeSequence(0, 0, -1);
  });

  test("refuses a batch larger than it reserved for instead of aborting", () => {
    expect(errorOf(() => evaluate(backend, new Int32Array(513).fill(5))).code).toBe("inference_error");
  });

  test("names a batch place without logits", () => {
    backend.removeSequence(0, 0, -1);
    evaluate(backend, [5, 6]);
    expect(errorOf(() => backend.rawLogprob(0, 5, 0)).message).toContain("place 0");
  });

  test("embeds into unit vectors that tell texts apart, without touching the generation context", () => {
    backend.removeSequence(0, 0, -1);
    const prompt = tokenize("The port of the mailer is");
    const before = sampleOne(
      backend,
      evaluate(backend, prompt),
      backend.createSampler(samplerOptions({ temperature: 0 })),
    );
    const [a, b, again] = backend.embed(
      [tokenize("a red apple"), tokenize("run the unit tests"), tokenize("a red apple")],
      noAdapters,
    );
    expect(Math.hypot(...(a ?? []))).toBeCloseTo(1, 5);
    expect(a).toEqual(again ?? new Float32Array());
    expect(a).not.toEqual(b ?? new Float32Array());
    backend.removeSequence(0, prompt.length - 1, -1);
    const place = evaluate(backend, prompt.slice(-1), prompt.length - 1);
    expect(sampleOne(backend, place, backend.createSampler(samplerOptions({ temperature: 0 })))).toBe(before);
    backend.removeSequence(0, 0, -1);
  });

  test("refuses an input that is too long to embed, naming it", () => {
    const error = errorOf(() =>
      backend.embed([tokenize("short"), new Int32Array(backend.context.embedTokens + 1)], noAdapters),
    );
    expect(error.code).toBe("context_limit_exceeded");
    expect(error.message).toContain("input 1");
  });
});

describe("loading", () => {
  test("makes the contexts as planned, no sequence longer than the cache that there is", () => {
    const backend = loadTestBackend({ context: planTestContext(256, 1_000_000) });
    expect(backend.context).toMatchObject({ kvTokens: 256, sequenceTokens: 256, maxSequences: 8 });
    backend.free();
  });

  test("fails on a missing file, a folder and random bytes with the path in the message", async () => {
    using folder = createTemporaryFolder();
    const junk = join(folder.path, "junk.gguf");
    await Bun.write(junk, crypto.getRandomValues(new Uint8Array(4096)));
    for (const modelPath of [join(folder.path, "missing.gguf"), folder.path, junk]) {
      const error = errorOf(() => loadTestBackend({ modelPath }));
      expect(error.code).toBe("model_load_failed");
      expect(error.message).toContain(modelPath);
    }
  });

  test("fails on a truncated file with llama.cpp's reason", async () => {
    using folder = createTemporaryFolder();
    const path = join(folder.path, "half.gguf");
    await Bun.write(path, Bun.file(demoModelPath));
    truncateSync(path, 2_000_000);
    const error = errorOf(() => loadTestBackend({ modelPath: path }));
    expect(error.code).toBe("model_load_failed");
    expect(error.message).toMatch(/tensor|bounds|corrupt|size/i);
  });

  test("fails with the library's path where there is none", () => {
    expect(errorOf(() => loadTestBackend({ libraryDir: "/nonexistent" })).message).toContain("/nonexistent");
  });

  test("loads a model whose given template does not parse, and says why it cannot chat", () => {
    const backend = loadTestBackend({ chatTemplate: "{% for message in messages %}{{ message.content" });
    expect(backend.chat).toBeUndefined();
    expect(backend.chatProblem?.length).toBeGreaterThan(0);
    expect(backend.model.capabilities.chat).toBe(false);
    backend.free();
  });
});

const wordVectors = findTestModel("w2v1000-static-bert-f16.gguf");
test.skipIf(!wordVectors)("an embedding model ranks related words above others", () => {
  const backend = loadTestBackend({ modelPath: wordVectors ?? "" });
  expect(backend.model.capabilities).toMatchObject({ generate: false, embed: true });
  const words = ["king", "queen", "water"].map((word) =>
    backend.tokenize(word, { addSpecial: true, parseSpecial: false }),
  );
  const [king, queen, water] = backend.embed(words, noAdapters);
  const dot = (a: Float32Array | undefined, b: Float32Array | undefined) =>
    Array.from(a ?? []).reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0);
  expect(dot(king, queen)).toBeGreaterThan(dot(king, water));
  expect(errorOf(() => evaluate(backend, [1])).code).toBe("invalid_request");
  backend.free();
});

const reranker = findTestModel("synthetic-bert-rerank-f16.gguf");
test.skipIf(!reranker)("a rerank model scores each document, alone or in company alike", () => {
  const backend = loadTestBackend({ modelPath: reranker ?? "" });
  expect(backend.model.capabilities).toMatchObject({ generate: false, embed: false, rerank: true });
  const pairs = ["a cat", "the price of copper", "x"].map((document) =>
    backend.rerankTokens("what is a cat", document),
  );
  const scores = backend.rank(pairs, noAdapters);
  expect(scores).toHaveLength(3);
  expect(pairs.map((pair) => backend.rank([pair], noAdapters)[0])).toEqual(
    [...scores].map((score) => expect.closeTo(score, 3)),
  );
  expect(errorOf(() => backend.embed(pairs, noAdapters)).code).toBe("invalid_request");
  backend.free();
});
