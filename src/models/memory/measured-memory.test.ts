import { describe, expect, test } from "bun:test";
import type { GenerateRequest } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";
import { writeGguf } from "../../testing/gguf/gguf-writer.ts";
import {
  createChatRequest,
  createRealEngine,
  createTemporaryFolder,
  demoModelPath,
  findTestModel,
  waitUntil,
} from "../../testing/index.ts";
import { readModelFiles } from "../gguf/split-files.ts";
import { estimateMemory } from "./estimate-memory.ts";
import { createMeasuredModel, type ModelSize } from "./measured-model.fixture.ts";
import type { KvType } from "./plan-context.ts";

const tolerance = 0.1;
const memoryBytes = 2 ** 40;
const answerTokens = 8;
const firstWord = 300;

type Use = { readonly parallel: number; readonly kvType: KvType; readonly contextTokens?: number };

const demoUses: readonly Use[] = [
  { parallel: 1, kvType: "f16" },
  { parallel: 4, kvType: "f16", contextTokens: 1_024 },
  { parallel: 4, kvType: "q8_0", contextTokens: 512 },
  { parallel: 16, kvType: "f32", contextTokens: 1_024 },
];

describe("the estimate is within a tenth of what the host then holds", () => {
  test.each(demoUses)("of the built-in model at %o", async (use) => {
    expectClose(await measure(demoModelPath, use));
  });

  test.each(["stories260K.gguf", "stories260K-ctx512-chat.gguf", "llama-2-tiny-random.gguf"])(
    "of %s",
    async (name) => {
      const path = findTestModel(name);
      if (path !== undefined) expectClose(await measure(path, { parallel: 4, kvType: "f16" }));
    },
  );

  test("of a model of embeddings that was given its longest input", async () => {
    const path = findTestModel("w2v1000-static-bert-f16.gguf");
    if (path !== undefined) expectClose(await measureEmbedding(path));
  });

  const dense: ModelSize = {
    type: "Q8_0",
    layers: 6,
    embedding: 384,
    heads: 6,
    kvHeads: 2,
    feedForward: 1_024,
    vocabulary: 32_000,
    contextTokens: 1_024,
  };
  test.each<readonly [string, ModelSize, Use]>([
    ["in Q8_0", dense, { parallel: 2, kvType: "f16" }],
    ["in Q4_0, which is repacked", { ...dense, type: "Q4_0", layers: 8 }, { parallel: 1, kvType: "f16" }],
    [
      "in F16",
      { ...dense, type: "F16", kvHeads: 6, layers: 3, contextTokens: 512 },
      { parallel: 2, kvType: "q8_0" },
    ],
    [
      "with experts",
      { ...dense, layers: 3, feedForward: 512, experts: { count: 8, used: 4 } },
      { parallel: 1, kvType: "f32" },
    ],
  ])("of a written model %s", async (_, size, use) => {
    using folder = createTemporaryFolder();
    const path = folder.file("written.gguf");
    await writeGguf(path, createMeasuredModel(size));
    expectClose(await measure(path, use));
  });
});

type Measurement = { readonly estimatedBytes: number; readonly usedBytes: number };

function expectClose({ estimatedBytes, usedBytes }: Measurement): void {
  const error = estimatedBytes / usedBytes - 1;
  expect(Math.abs(error), `estimated ${estimatedBytes}, used ${usedBytes}`).toBeLessThanOrEqual(tolerance);
}

/** Fills the cache of every sequence that runs at once, then reads what the host holds. */
async function measure(path: string, use: Use): Promise<Measurement> {
  const estimate = estimateMemory(readModelFiles(path).header, { ...use, memoryBytes });
  const engine = await startEngine(path, use);
  try {
    const { vocabularySize, contextTokens } = await engine.load("measured");
    expect(contextTokens).toBe(estimate.contextTokens);
    const full = Math.floor(estimate.kvTokens / use.parallel);
    const promptTokens = Math.min(contextTokens, full) - answerTokens;
    const requests = Array.from({ length: use.parallel }, (_, request) =>
      createTokensRequest(request, { promptTokens, vocabularySize }),
    );
    await Promise.all(requests.map((request) => drain(engine, request)));
    // Figures of a host follow its answers a moment later.
    const isTold = () => (engine.stats("measured")?.kvTotalTokens ?? 0) > 0;
    await waitUntil("the host told its figures", isTold);
    expect(engine.stats("measured")?.kvTotalTokens).toBe(estimate.kvTokens);
    return { estimatedBytes: estimate.totalBytes, usedBytes: readUsed(engine) };
  } finally {
    await engine.stop(AbortSignal.abort());
  }
}

async function measureEmbedding(path: string): Promise<Measurement> {
  const options = { parallel: 4, kvType: "f16" } as const;
  const estimate = estimateMemory(readModelFiles(path).header, { ...options, memoryBytes });
  const engine = await startEngine(path, options);
  try {
    await engine.load("measured");
    const text = "the ".repeat(estimate.contextTokens - 10);
    await engine.embed({ model: "measured", inputs: [text], tenant: "test" }, AbortSignal.timeout(30_000));
    return { estimatedBytes: estimate.totalBytes, usedBytes: readUsed(engine) };
  } finally {
    await engine.stop(AbortSignal.abort());
  }
}

async function startEngine(path: string, use: Use): Promise<Engine> {
  return await createRealEngine({
    models: [{ id: "measured", path }],
    residency: { budgetBytes: memoryBytes },
    queue: 64,
    prefixCacheBytes: 0,
    ...use,
  });
}

function createTokensRequest(
  request: number,
  { promptTokens, vocabularySize }: { readonly promptTokens: number; readonly vocabularySize: number },
): GenerateRequest {
  // Every prompt begins differently, so that none shares the cells of another.
  const words = Math.max(1, vocabularySize - firstWord);
  const tokens = Array.from(
    { length: promptTokens },
    (_, index) => firstWord + ((index * 7 + request * 31) % words),
  );
  return createChatRequest("", {
    id: `measured-${request}`,
    model: "measured",
    input: { type: "tokens", tokens },
    maxTokens: answerTokens,
    sampling: { temperature: 0, ignoreEndOfSequence: true },
  });
}

async function drain(engine: Engine, request: GenerateRequest): Promise<void> {
  for await (const event of engine.generate(request, AbortSignal.timeout(50_000))) {
    if (event.type === "done") return;
  }
}

function readUsed(engine: Engine): number {
  return engine.stats("measured")?.hostMemoryBytes ?? 0;
}
