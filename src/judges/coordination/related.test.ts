import { expect, test } from "bun:test";
import { measureEffect, type RepeatScores } from "./effect.ts";
import { measureRelated } from "./related.ts";

const repeats: [RepeatScores, RepeatScores] = [
  { quality: 0.6, baseline: [0.7, 0.8] },
  { quality: 0.8, baseline: [0.9, 1] },
];
const agents = [
  [0.7, 0.9],
  [0.8, 1],
];

test("health is that of the agents' own means, of gamma, and of interactions that are all seen", () => {
  const { health } = measureRelated(repeats, agents, measureEffect(repeats, 1));
  // P = 0.8 · 0.9 · 0.93 = 0.6696; ε = |0.7 − P| / P = 0.0454; γ = 0.7 / 0.85; H = 1 / (1 + ε) · √γ.
  expect(health).toMatchObject({
    ...{ scored: true, baseline: expect.closeTo(0.6696, 10), predictionError: expect.closeTo(0.0454, 4) },
    ...{ gammaNorm: expect.closeTo(0.9075, 4), value: expect.closeTo(0.9075 / 1.0454, 3) },
  });
});

test("the variability ratio divides the deviation of the team by that of single answers", () => {
  const { performance, variabilityRatio, variabilityBand } = measureRelated(repeats, agents, undefined);
  // Both with n − 1 below: √0.02 of 0.6 and 0.8, √(0.05 / 3) of the four answers.
  expect(performance).toEqual({
    ...{ count: 4, mean: expect.closeTo(0.85, 12), deviation: expect.closeTo(0.1291, 4) },
  });
  expect(variabilityRatio).toEqual({ scored: true, value: expect.closeTo(1.0954, 4) });
  expect(variabilityBand).toBe("low");
});

test("what cannot be measured is unscored: one repeat, one agent, no effect, an agent nobody could judge", () => {
  const effect = measureEffect(repeats, 1);
  expect(measureRelated(repeats.slice(0, 1), agents, effect).variabilityRatio.scored).toBe(false);
  expect(measureRelated(repeats, agents.slice(1), effect).health.scored).toBe(false);
  expect(measureRelated(repeats, agents, undefined).health.scored).toBe(false);
  expect(measureRelated(repeats, [[0.5], []], effect).health.scored).toBe(false);
  const nothing: RepeatScores = { quality: 0.5, baseline: [0] };
  expect(measureRelated([nothing], agents, measureEffect([nothing], 1)).health.scored).toBe(false);
  expect(measureRelated([], [], undefined)).not.toHaveProperty("performance");
});
