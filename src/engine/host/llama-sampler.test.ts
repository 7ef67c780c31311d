import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { Sampling } from "../../contract/index.ts";
import { findTestModel } from "../../testing/index.ts";
import type { Backend, GrammarOptions, SamplerOptions } from "./backend.ts";
import {
  distribution,
  evaluate,
  generate,
  loadTestBackend,
  sampleOne,
  samplerOptions,
  toText,
} from "./llama-fixture.ts";

/** XTC that never strikes: it changes nothing, and only llama.cpp's own chain can do it. */
const throughChain: Sampling = { xtcProbability: 1e-12 };
const seeds = Array.from({ length: 25 }, (_, i) => i * 7919 + 1);

function userGrammar(text: string): GrammarOptions {
  return { text, source: "user", lazy: false, triggers: [], preservedTokens: [] };
}

function errorOf(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a sampler", () => {
  let backend: Backend;
  let prompt: Int32Array;
  let place: number;
  beforeAll(() => {
    backend = loadTestBackend();
    prompt = backend.tokenize("The owner of Orchid is", { addSpecial: false, parseSpecial: false });
    place = evaluate(backend, prompt);
  });
  afterAll(() => backend.free());

  /** One token from the same logits for each seed. */
  function draw(sampling: Sampling, more: Partial<SamplerOptions> = {}, history?: Int32Array): number[] {
    return seeds.map((seed) => {
      const sampler = backend.createSampler({ ...samplerOptions(sampling, more), seed });
      if (history) sampler.acceptPrompt(history);
      const token = sampleOne(backend, place, sampler);
      sampler.free();
      return token;
    });
  }

  test.each<[string, Sampling]>([
    ["the defaults", {}],
    ["greedy", { temperature: 0 }],
    ["top-k 5", { temperature: 1.5, topK: 5, topP: 1, minP: 0 }],
    ["top-k larger than the number of blocks", { temperature: 2, topK: 400, topP: 1, minP: 0 }],
    ["top-p over the full vocabulary", { temperature: 1.3, topK: 0, topP: 0.9, minP: 0 }],
    [
      "top-p that needs more candidates than are looked at first",
      { temperature: 1, topK: 0, topP: 0.999, minP: 0 },
    ],
    ["min-p alone", { temperature: 2, topK: 0, topP: 1, minP: 0.001 }],
    ["the full distribution", { temperature: 2.5, topK: 0, topP: 1, minP: 0 }],
    ["all three", { temperature: 1.7, topK: 200, topP: 0.99, minP: 0.0001 }],
    [
      "a biased and a banned token",
      {
        temperature: 1,
        topK: 0,
        topP: 0.95,
        logitBias: [
          { token: 300, bias: 12 },
          { token: 101, bias: -100 },
        ],
      },
    ],
  ])("draws what llama.cpp's chain draws for the same seed: %s", (_, sampling) => {
    expect(draw(sampling)).toEqual(draw({ ...sampling, ...throughChain }));
  });

  test.each<[string, Sampling]>([
    ["repeat", { repeatPenalty: 1.8 }],
    ["frequency", { frequencyPenalty: 1.5 }],
    ["presence", { presencePenalty: 3 }],
    [
      "all, in a short window",
      { repeatPenalty: 1.2, frequencyPenalty: 0.7, presencePenalty: 0.4, repeatLastTokens: 3 },
    ],
  ])("penalises as llama.cpp's chain does: %s", (_, penalties) => {
    const sampling = { temperature: 1.5, topK: 0, topP: 1, minP: 0, ...penalties };
    const likely = distribution(backend, place).topTokens.slice(0, 6);
    const history = Int32Array.from([...likely, ...likely.slice(0, 3)]);
    const penalised = draw(sampling, {}, history);
    expect(penalised).toEqual(draw({ ...sampling, ...throughChain }, {}, history));
    expect(penalised).not.toEqual(draw({ temperature: 1.5, topK: 0, topP: 1, minP: 0 }));
  });

  test("leaves the logits as they were, so that several samplers may read one row", () => {
    const before = distribution(backend, place);
    draw({ repeatPenalty: 1.5, logitBias: [{ token: 5, bias: -100 }] }, {}, Int32Array.of(1, 2, 3));
    expect(distribution(backend, place)).toEqual(before);
  });

  test("gives the same tokens for the same seed and others for another", () => {
    const run = (seed: number) => {
      const sampler = backend.createSampler({
        ...samplerOptions({ temperature: 1.5, topK: 0, topP: 1 }),
        seed,
      });
      return Array.from({ length: 20 }, () => sampleOne(backend, place, sampler));
    };
    expect(run(42)).toEqual(run(42));
    expect(run(42)).not.toEqual(run(43));
    expect(run(0xffff_ffff)).toEqual(run(0xffff_ffff));
  });

  test("samples every row of a step with its own sampler", () => {
    const greedy = backend.createSampler(samplerOptions({ temperature: 0 }));
    const best = sampleOne(backend, place, greedy);
    const banning = backend.createSampler(
      samplerOptions({ temperature: 0, logitBias: [{ token: best, bias: -100 }] }),
    );
    const tokens = new Int32Array(3);
    backend.sample(3, Int32Array.of(place, place, place), [greedy, banning, greedy], tokens);
    expect([tokens[0], tokens[2]]).toEqual([best, best]);
    expect(tokens[1]).toBe(distribution(backend, place).topTokens[1] ?? -1);
  });

  test("records logprobs and entropy that agree with the whole distribution", () => {
    const all = distribution(backend, place);
    const probabilities = Float64Array.from(all.topLogprobs, Math.exp);
    const entropy = all.topLogprobs.reduce((sum, logprob, i) => sum - logprob * (probabilities[i] ?? 0), 0);
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4);
    expect(all.entropy).toBeCloseTo(entropy, 3);
    const sampler = backend.createSampler(
      samplerOptions({ temperature: 2 }, { topLogprobs: 4, entropy: true }),
    );
    const token = sampleOne(backend, place, sampler);
    const [record] = sampler.takeLogprobs(1);
    expect(record?.token).toBe(token);
    expect(record?.logprob).toBeCloseTo(all.topLogprobs[all.topTokens.indexOf(token)] ?? 0, 5);
    expect(record?.topTokens).toEqual(all.topTokens.slice(0, 4));
    expect(record?.entropy).toBeCloseTo(entropy, 3);
  });

  test("records the raw distribution where a grammar or a bias bends the choice", () => {
    const all = distribution(backend, place);
    const options = samplerOptions(
      { temperature: 0 },
      { grammar: userGrammar('root ::= "zebra"'), topLogprobs: 1 },
    );
    const sampler = backend.createSampler(options);
    sampleOne(backend, place, sampler);
    const [record] = sampler.takeLogprobs(1);
    expect(record?.topTokens[0]).toBe(all.topTokens[0] ?? -1);
    expect(record?.logprob).toBeLessThan(all.topLogprobs[0] ?? 0);
  });

  test("has no record where none was asked for", () => {
    const sampler = backend.createSampler(samplerOptions({}));
    sampleOne(backend, place, sampler);
    expect(sampler.takeLogprobs(1)).toEqual([]);
  });

  test("keeps records until they are taken, oldest first, and has no more of them than tokens", () => {
    const sampler = backend.createSampler(samplerOptions({ temperature: 2 }, { topLogprobs: 0 }));
    const tokens = Array.from({ length: 5 }, () => sampleOne(backend, place, sampler));
    const records = [...sampler.takeLogprobs(2), ...sampler.takeLogprobs(3)];
    expect(records.map(({ token }) => token)).toEqual(tokens);
    expect(errorOf(() => sampler.takeLogprobs(1)).message).toBe("the sampler has no record left");
  });

  test.each<[string, Sampling]>([
    ["nothing changes the logits", {}],
    ["a bias changes them", { logitBias: [{ token: 300, bias: 12 }] }],
    ["a penalty changes them", { repeatPenalty: 1.8 }],
    ["llama.cpp's chain draws", throughChain],
  ])("draws the same with records and without where %s", (_, changes) => {
    for (const sampling of [
      { temperature: 0 },
      { temperature: 1.5, topK: 0, topP: 0.9 },
      { temperature: 1.5 },
    ]) {
      const options = { ...sampling, ...changes };
      const history = distribution(backend, place).topTokens.slice(0, 6);
      const recorded = draw(options, { topLogprobs: 5, entropy: true }, history);
      expect(recorded).toEqual(draw(options, {}, history));
    }
  });

  test("never ends an answer when told to ignore the end", () => {
    const sampler = backend.createSampler(samplerOptions({ temperature: 0, ignoreEndOfSequence: true }));
    expect(generate(backend, prompt, sampler, 200)).toHaveLength(200);
  });

  test.each<[string, Sampling]>([
    ["typical-p", { typicalP: 0.5 }],
    ["top-n-sigma", { topNSigma: 1 }],
    ["DRY", { dryMultiplier: 0.8, drySequenceBreakers: ["\n"] }],
    ["XTC", { xtcProbability: 1, xtcThreshold: 0.01 }],
    ["mirostat", { mirostat: 1 }],
    ["mirostat 2", { mirostat: 2, mirostatTau: 4, mirostatEta: 0.2 }],
    ["dynamic temperature", { dynamicTemperatureRange: 0.5, dynamicTemperatureExponent: 1.1 }],
  ])("generates with %s", (_, sampling) => {
    const sampler = backend.createSampler(
      samplerOptions({ temperature: 1, ...sampling, ignoreEndOfSequence: true }),
    );
    expect(generate(backend, prompt, sampler, 16)).toHaveLength(16);
    backend.removeSequence(0, 0, -1);
    place = evaluate(backend, prompt);
  });

  test("holds the answer to a grammar", () => {
    const options = samplerOptions(
      { temperature: 1.5 },
      { grammar: userGrammar('root ::= ("yes" | "no") " " [0-9]{3}') },
    );
    for (const seed of seeds.slice(0, 10)) {
      const sampler = backend.createSampler({ ...options, seed });
      expect(toText(backend, generate(backend, prompt, sampler))).toMatch(/^(yes|no) [0-9]{3}$/);
    }
  });

  test("holds the answer to a JSON schema", () => {
    const schema = {
      type: "object",
      properties: { ok: { type: "boolean" }, n: { type: "integer" } },
      required: ["ok", "n"],
      additionalProperties: false,
    };
    const grammar = userGrammar(backend.schemaToGrammar(JSON.stringify(schema)));
    const sampler = backend.createSampler(samplerOptions({ temperature: 1 }, { grammar }));
    const answer = JSON.parse(toText(backend, generate(backend, prompt, sampler, 200)));
    expect(Object.keys(answer).sort()).toEqual(["n", "ok"]);
    expect(typeof answer.ok).toBe("boolean");
  });

  test("fails its own row alone where a grammar leaves no token, and stays failed", () => {
    backend.removeSequence(0, 0, -1);
    place = evaluate(backend, prompt);
    const stuck = backend.createSampler(
      samplerOptions({ ignoreEndOfSequence: true }, { grammar: userGrammar('root ::= "a"') }),
    );
    const free = backend.createSampler(samplerOptions({ temperature: 0 }));
    const tokens = new Int32Array(2);
    for (let step = 0; step < 3; step++)
      backend.sample(2, Int32Array.of(place, place), [stuck, free], tokens);
    expect(tokens[0]).toBe(-1);
    expect(stuck.lastError?.message).toContain("no token can follow");
    expect(tokens[1]).toBeGreaterThanOrEqual(0);
    expect(free.lastError).toBeUndefined();
  });

  test("fails where every token is banned", () => {
    const logitBias = Array.from({ length: 3072 }, (_, token) => ({ token, bias: -100 }));
    const sampler = backend.createSampler(samplerOptions({ logitBias }));
    expect(sampleOne(backend, place, sampler)).toBe(-1);
    expect(sampler.lastError?.code).toBe("inference_error");
  });

  test.each<[string, GrammarOptions]>([
    ["does not parse", userGrammar("root ::= (")],
    ["has no root", userGrammar('other ::= "a"')],
    ["names a rule that is missing", userGrammar("root ::= nothing")],
    ["is left-recursive", userGrammar('root ::= root "a"')],
    ["is empty", userGrammar("  \n")],
    ["holds a NUL", userGrammar('root ::= "a\u0000"')],
    ["is of a library that is not built in", userGrammar("%llguidance {}\nstart: /a/")],
    ["nests too deep", userGrammar(`root ::= ${"(".repeat(20_000)}"a"${")".repeat(20_000)}`)],
    ["repeats too often", userGrammar('root ::= (("a"{2000}){2000}){2000}')],
    ["is lazy without a trigger", { ...userGrammar('root ::= "a"'), lazy: true }],
  ])("refuses a grammar that %s", (_, grammar) => {
    expect(errorOf(() => backend.createSampler(samplerOptions({}, { grammar }))).code).toBe(
      "invalid_request",
    );
  });

  test.each<[string, Sampling]>([
    ["NaN", { temperature: Number.NaN }],
    ["infinite", { topP: Number.POSITIVE_INFINITY }],
    ["a bias that is NaN", { logitBias: [{ token: 1, bias: Number.NaN }] }],
    ["a mirostat of 3", { mirostat: JSON.parse("3") }],
    ["a repeat penalty of 0", { repeatPenalty: 0 }],
    ["a bias outside the vocabulary", { logitBias: [{ token: 3072, bias: 1 }] }],
    ["a top-k beyond 32 bits", { topK: 1e12 }],
  ])("refuses a value that is %s", (_, sampling) => {
    expect(errorOf(() => backend.createSampler(samplerOptions(sampling))).code).toBe("invalid_request");
  });

  test.each([
    ["is no JSON", "{"],
    ["is an array", "[1]"],
    ["is a number", "7"],
    ["has an unknown type", '{"type":"nonsense"}'],
    ["asks for what cannot be enforced", '{"type":"string","pattern":"unanchored"}'],
    ["nests too deep", `${'{"items":'.repeat(5000)}{}${"}".repeat(5000)}`],
  ])("refuses a JSON schema that %s", (_, schema) => {
    expect(errorOf(() => backend.schemaToGrammar(schema)).code).toBe("invalid_request");
  });

  test("says why a grammar does not parse", () => {
    const options = samplerOptions({}, { grammar: userGrammar("root ::= nothing") });
    expect(errorOf(() => backend.createSampler(options)).message).toContain(
      "Undefined rule identifier 'nothing'",
    );
  });
});

const randomModel = findTestModel("llama-2-tiny-random.gguf");
test.skipIf(!randomModel)(
  "a model of random weights keeps to a schema and its fast path to llama.cpp's chain",
  () => {
    const backend = loadTestBackend({ modelPath: randomModel ?? "" });
    const prompt = backend.tokenize("Answer in JSON.", { addSpecial: true, parseSpecial: false });
    const schema = {
      type: "object",
      properties: { name: { type: "string", maxLength: 4 }, age: { type: "integer" } },
      required: ["name", "age"],
      additionalProperties: false,
    };
    const grammar = userGrammar(backend.schemaToGrammar(JSON.stringify(schema)));
    const sampler = backend.createSampler(
      samplerOptions({ temperature: 1, topK: 0, topP: 1, minP: 0 }, { grammar }),
    );
    expect(Object.keys(JSON.parse(toText(backend, generate(backend, prompt, sampler, 300))))).toEqual([
      "name",
      "age",
    ]);

    backend.removeSequence(0, 0, -1);
    const place = evaluate(backend, prompt);
    const draw = (sampling: Sampling) =>
      seeds.map((seed) =>
        sampleOne(backend, place, backend.createSampler({ ...samplerOptions(sampling), seed })),
      );
    for (const sampling of [
      { topK: 100, topP: 0.9, minP: 0 },
      { topK: 0, topP: 0.9, minP: 0 },
      { topK: 0, topP: 1, minP: 0 },
      { topK: 0, topP: 1, minP: 0.5 },
    ]) {
      expect(draw(sampling)).toEqual(draw({ ...sampling, ...throughChain }));
    }
    backend.free();
  },
);
