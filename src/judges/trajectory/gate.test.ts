import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chooseThresholds } from "./thresholds.ts";
import { observe, token } from "./trajectory-fixture.ts";

const certain = [0.95, 0.05] as const;
const repeat = (count: number, ...tokens: readonly ReturnType<typeof token>[]) =>
  Array.from({ length: count }, () => tokens).flat();

describe("each gate fails on its own", () => {
  test("perplexity, of tokens that are all unlikely and none surprising", () => {
    const { gate } = observe(repeat(30, token(0.019, certain)), { surpriseProbability: 0.01 });
    expect(gate).toMatchObject({ status: "failed", reasons: [{ measure: "perplexity", threshold: 50 }] });
  });

  test("entropy, of alternatives that are equally likely", () => {
    const { gate } = observe(repeat(30, token(0.5, [0.5, 0.5])));
    expect(gate).toMatchObject({ status: "failed", reasons: [{ measure: "entropy", observed: 1 }] });
  });

  test("surprise, of one token in forty", () => {
    const { gate } = observe([token(0.05, certain), ...repeat(39, token(0.95, certain))]);
    expect(gate).toMatchObject({ status: "failed", reasons: [{ measure: "surprise", threshold: 0.067 }] });
  });
});

test("an answer the model is sure of passes, and every bar that is broken is named", () => {
  expect(observe(repeat(30, token(0.95, certain))).gate.status).toBe("passed");
  const { gate } = observe(repeat(30, token(0.001, [0.001, 0.001])));
  expect(gate).toMatchObject({
    reasons: [{ measure: "perplexity" }, { measure: "entropy" }, { measure: "surprise" }],
  });
});

test("twice the text of the same tokens has the same verdict, whatever its length", () => {
  const probability = fc.double({ min: 0.001, max: 1, noNaN: true });
  const anyToken = fc
    .tuple(probability, probability, fc.double({ min: 0.001, max: 0.5, noNaN: true }))
    .map(([chosen, likeliest, share]) => token(chosen, [likeliest, likeliest * share]));
  fc.assert(
    fc.property(fc.array(anyToken, { minLength: 1, maxLength: 60 }), (part) => {
      const once = observe(part).gate;
      const twice = observe([...part, ...part]).gate;
      const broken = (gate: typeof once) =>
        gate.status === "failed" ? gate.reasons.map(({ measure }) => measure) : [];
      expect(broken(twice)).toEqual(broken(once));
    }),
  );
});

test("a measure that equals its bar after rounding to 4 decimals is not below it", () => {
  const thresholds = chooseThresholds({ perplexity: 4 }, undefined);
  const { gate } = observe([token(0.25000000001, certain)], { thresholds });
  expect(gate).toMatchObject({ status: "failed", reasons: [{ measure: "perplexity" }] });
});

test("without token probabilities the gate is unavailable, not passed", () => {
  const { gate, measured } = observe([]);
  expect(gate).toEqual({ status: "unavailable", why: "the answer came without token probabilities" });
  expect(measured).toBeUndefined();
});

test("without alternatives, or with a probability that is no number, the gate is unavailable", () => {
  expect(observe([token(0.5, [])]).gate.status).toBe("unavailable");
  expect(observe([token(0.5), { ...token(0.5), logprob: Number.NaN }]).gate.status).toBe("unavailable");
});

test("a gate advises until all its bars are the model's own", () => {
  const tokens = [token(0.9, certain)];
  const bars = { perplexity: 9, entropy: 0.5, surprise: 1 };
  const gateOf = (given: object) => observe(tokens, { thresholds: chooseThresholds(given, { bars }) }).gate;
  expect(observe(tokens).gate).toEqual({ status: "passed", isAdvisory: true });
  expect(gateOf({})).toEqual({ status: "passed", isAdvisory: false });
  expect(gateOf({ perplexity: 20 })).toEqual({ status: "passed", isAdvisory: true });
});

test("a measure that calibration found no bar for gates nothing", () => {
  const thresholds = chooseThresholds({}, { bars: { perplexity: 100 } });
  expect(observe(repeat(30, token(0.5, [0.5, 0.5])), { thresholds }).gate).toEqual({
    ...{ status: "passed", isAdvisory: false },
  });
});
