import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { isListParameter, parseParameterText, readOllamaParameters } from "./parameters.ts";

describe("a parameter reaches the sampler", () => {
  test.each<[string, unknown, object]>([
    ["temperature", 0.7, { temperature: 0.7 }],
    ["temperature", 0, { temperature: 0 }],
    ["top_k", 40, { topK: 40 }],
    ["top_k", -1, { topK: 0 }],
    ["top_p", 0.9, { topP: 0.9 }],
    ["min_p", 0.05, { minP: 0.05 }],
    ["typical_p", 1, { typicalP: 1 }],
    ["repeat_penalty", 1.1, { repeatPenalty: 1.1 }],
    ["repeat_last_n", -1, { repeatLastTokens: -1 }],
    ["presence_penalty", 1.5, { presencePenalty: 1.5 }],
    ["frequency_penalty", -2, { frequencyPenalty: -2 }],
    ["mirostat", 2, { mirostat: 2 }],
    ["mirostat_tau", 5, { mirostatTau: 5 }],
    ["mirostat_eta", 0.1, { mirostatEta: 0.1 }],
    ["seed", 42, { seed: 42 }],
    ["seed", -1, {}],
    ["seed", 2 ** 33 + 1, { seed: 1 }],
    ["seed", -2, { seed: 4_294_967_294 }],
  ])("%s of %p", (name, value, sampling) => {
    expect(readOllamaParameters({ [name]: value })).toEqual({ sampling, stop: [], ignored: [], unknown: [] });
  });
});

describe("a parameter reaches the request", () => {
  test.each<[string, unknown, object]>([
    ["stop", "a", { stop: ["a"] }],
    ["stop", ["a", "b"], { stop: ["a", "b"] }],
    ["stop", [], { stop: [] }],
    ["num_predict", 12, { maxTokens: 12 }],
    ["num_predict", -1, { maxTokens: Number.POSITIVE_INFINITY }],
    ["num_predict", -2, { maxTokens: Number.POSITIVE_INFINITY }],
    ["num_predict", 0, { maxTokens: Number.POSITIVE_INFINITY }],
    ["num_ctx", 8192, { contextTokens: 8192 }],
    ["num_gpu", 0, { gpuLayers: 0 }],
    ["num_gpu", -1, {}],
    ["num_thread", 4, { threads: 4 }],
    ["num_thread", 0, {}],
  ])("%s of %p", (name, value, expected) => {
    expect(readOllamaParameters({ [name]: value })).toEqual({
      sampling: {},
      stop: [],
      ignored: [],
      unknown: [],
      ...expected,
    });
  });
});

test("hints that change nothing here are named", () => {
  const { ignored, unknown, keepTokens } = readOllamaParameters({
    num_batch: 512,
    use_mmap: true,
    num_keep: 24,
    penalize_newline: false,
    tfs_z: 1,
  });
  expect(ignored).toEqual(["num_batch", "use_mmap", "num_keep", "penalize_newline", "tfs_z"]);
  expect(unknown).toEqual([]);
  expect(keepTokens).toBe(24);
});

test("names that are nobody's are returned, those of Object's prototype too", () => {
  expect(readOllamaParameters({ temprature: 1, constructor: 2, toString: 3 }).unknown).toEqual([
    "temprature",
    "constructor",
    "toString",
  ]);
});

test("null counts as absent", () => {
  expect(readOllamaParameters({ temperature: null, stop: null, nothing: null })).toEqual({
    sampling: {},
    stop: [],
    ignored: [],
    unknown: [],
  });
});

describe("a value that is not what it has to be is refused with its name and itself", () => {
  test.each<[string, unknown, string]>([
    ["temperature", "hot", '"hot"'],
    ["temperature", -1, "-1"],
    ["temperature", Number.NaN, "null"],
    ["top_p", 1.1, "1.1"],
    ["top_k", 1.5, "1.5"],
    ["typical_p", 0, "0"],
    ["repeat_penalty", 0, "0"],
    ["mirostat", 3, "3"],
    ["seed", 0.5, "0.5"],
    ["seed", 1e300, "1e+300"],
    ["stop", "", '""'],
    ["stop", [1], "1"],
    ["stop", "x".repeat(2000), "x…"],
    ["stop", new Array(100).fill("a"), "100 texts"],
    ["num_predict", -3, "-3"],
    ["num_ctx", 0, "0"],
    ["num_ctx", 2 ** 40, "1099511627776"],
    ["num_thread", -1, "-1"],
    ["use_mmap", 1, "1"],
    ["num_batch", "512", '"512"'],
    ["tfs_z", 0.5, "0.5"],
  ])("%s, case %#", (name, value, shown) => {
    const read = () => readOllamaParameters({ [name]: value });
    expect(read).toThrow(AppError);
    expect(read).toThrow(name);
    expect(read).toThrow(shown);
  });
});

describe("the text of a PARAMETER line", () => {
  test("takes the type of its name", () => {
    expect(parseParameterText("temperature", "0.5")).toBe(0.5);
    expect(parseParameterText("num_ctx", "4096")).toBe(4096);
    expect(parseParameterText("use_mmap", "True")).toBe(true);
    expect(parseParameterText("stop", "12")).toBe("12");
    expect(parseParameterText("unheard_of", "12")).toBe("12");
  });

  test.each([
    ["temperature", "warm"],
    ["temperature", ""],
    ["num_ctx", "0x10"],
    ["use_mmap", "1"],
  ])("%s %s is refused", (name, text) => {
    expect(() => parseParameterText(name, text)).toThrow(AppError);
  });

  test("adds up for stop alone", () => {
    expect(isListParameter("stop")).toBe(true);
    expect(isListParameter("temperature")).toBe(false);
  });
});

test("any object is read or refused with an AppError", () => {
  const names = fc.constantFrom("temperature", "stop", "seed", "num_ctx", "mirostat", "use_mmap", "x");
  fc.assert(
    fc.property(fc.dictionary(names, fc.anything()), (parameters) => {
      try {
        const { ignored, unknown } = readOllamaParameters(parameters);
        expect(ignored.length + unknown.length).toBeLessThanOrEqual(Object.keys(parameters).length);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
  );
});
