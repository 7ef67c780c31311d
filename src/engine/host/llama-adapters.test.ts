import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import type { GenerateRequest } from "../../contract/index.ts";
import { createTemporaryFolder, findTestModel } from "../../testing/index.ts";
import { type AdapterSet, AdapterTable, noAdapters } from "./adapters.ts";
import type { Backend } from "./backend.ts";
import { distribution, evaluate, loadTestBackend } from "./llama-fixture.ts";
import { createLoop, textOf } from "./loop-fixture.ts";

const base = findTestModel("stories260K.gguf");
const lora = findTestModel("synthetic-stories260K-lora.gguf");

const request: GenerateRequest = {
  id: "r",
  model: "stories",
  input: { type: "text", text: "Once upon a time, there was a little" },
  sampling: { temperature: 0, seed: 1, ignoreEndOfSequence: true },
  stop: [],
  choices: 1,
  entropy: false,
  promptLogprobs: false,
  priority: "interactive",
  tenant: "t",
  cachePrompt: true,
  maxTokens: 24,
};

describe.skipIf(!base || !lora)("a LoRA adapter", () => {
  let backend: Backend;
  let table: AdapterTable;
  const folder = createTemporaryFolder();
  const adapters = [
    { name: "one", path: lora ?? "" },
    { name: "two", path: folder.file("two.gguf") },
  ];
  beforeAll(() => {
    copyFileSync(lora ?? "", folder.file("two.gguf"));
    backend = loadTestBackend({ modelPath: base ?? "", parallel: 4, prefixCacheBytes: 1 << 24 });
    table = new AdapterTable(backend, { adapters, defaultAdapters: [] });
  });
  afterAll(() => {
    backend.free();
    folder[Symbol.dispose]();
  });

  /** What the model makes of a text, computed with a set from an empty cache. */
  function logprobs(set: AdapterSet): Float32Array {
    const tokens = backend.tokenize("Once upon a time", { addSpecial: true, parseSpecial: false });
    backend.removeSequence(0, 0, -1);
    backend.useAdapters(set);
    const { topLogprobs } = distribution(backend, evaluate(backend, tokens));
    backend.removeSequence(0, 0, -1);
    return topLogprobs;
  }

  function loop() {
    for (let i = 0; i < backend.context.maxSequences; i++) backend.removeSequence(i, 0, -1);
    return createLoop(backend, { parallel: 4, maxParkedBytes: 1 << 24 }, { adapters });
  }

  test("changes what the model says at scale 1, and nothing at scale 0 or once it is taken off", () => {
    const plain = logprobs(noAdapters);
    const adapted = logprobs(table.resolve([{ name: "one", scale: 1 }]));
    expect(adapted).not.toEqual(plain);
    expect(logprobs(table.resolve([{ name: "one", scale: 0 }]))).toEqual(plain);
    expect(logprobs(table.resolve([{ name: "one", scale: -1 }]))).not.toEqual(adapted);
    expect(logprobs(noAdapters)).toEqual(plain);
  });

  test("adds up with others: two at a half each are one at 1", () => {
    const whole = logprobs(table.resolve([{ name: "one", scale: 1 }]));
    const halves = logprobs(
      table.resolve([
        { name: "one", scale: 0.5 },
        { name: "two", scale: 0.5 },
      ]),
    );
    expect([...halves.slice(0, 20)]).toEqual(
      [...whole.slice(0, 20)].map((value) => expect.closeTo(value, 3)),
    );
  });

  test("far outside its scale gives noise or a refusal, never the end of the process", () => {
    const { add, drain } = loop();
    add({ ...request, adapters: [{ name: "one", scale: 100 }] });
    expect(drain().length).toBeGreaterThan(0);
  });

  test("gives two requests that run together with different adapters what each gets alone", () => {
    const sets: GenerateRequest["adapters"][] = [
      [],
      [{ name: "one", scale: 1 }],
      [{ name: "one", scale: -1 }],
    ];
    const alone = sets.map((used) => {
      const { add, drain } = loop();
      const job = add({ ...request, ...(used && { adapters: used }) });
      return textOf(job, drain());
    });
    const { add, drain } = loop();
    const jobs = sets.map((used) => add({ ...request, ...(used && { adapters: used }) }));
    const events = drain();
    expect(jobs.map((job) => textOf(job, events))).toEqual(alone);
    expect(new Set(alone).size).toBe(3);
    const again = jobs.map((_, i) => add({ ...request, ...(sets[i] && { adapters: sets[i] }) }));
    const repeated = drain();
    expect(again.map((job) => textOf(job, repeated))).toEqual(alone);
    const cached = repeated.flatMap((event) =>
      "event" in event && event.event.type === "done" ? [event.event.usage.cachedTokens > 0] : [],
    );
    expect(cached).toEqual([true, true, true]);
  });

  test("is in effect on embeddings as well", () => {
    const tokens = backend.tokenize("a little girl", { addSpecial: true, parseSpecial: false });
    const plain = backend.embed([tokens], noAdapters);
    expect(backend.embed([tokens], table.resolve([{ name: "one", scale: 1 }]))).not.toEqual(plain);
    expect(backend.embed([tokens], noAdapters)).toEqual(plain);
  });

  test("works on after the number of threads changed", () => {
    const before = logprobs(noAdapters);
    backend.setThreads(99);
    expect(logprobs(noAdapters)).toEqual(before);
  });
});
