import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  baselinePerformance,
  gammaBand,
  healthBand,
  normalizedGamma,
  performanceDistribution,
  pipelineHealth,
  predictionError,
  variabilityBand,
  variabilityRatio,
} from "./pipeline-health.ts";

test("the hand values of two agents", () => {
  expect(baselinePerformance([0.8, 0.9])).toBeCloseTo(0.6696, 10);
  expect(predictionError(0.7, 0.6696)).toEqual({ scored: true, value: expect.closeTo(0.0454, 4) });
  expect(normalizedGamma(1.1, 2)).toBeCloseTo(1.0488, 4);
  const health = pipelineHealth({ observed: 0.7, means: [0.8, 0.9], gamma: 1.1, observedShare: 1 });
  expect(health).toMatchObject({ value: expect.closeTo(0.957, 3), band: "healthy", gammaBand: "weak" });
});

test("health is never above 1 and always a number", () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  const gamma = fc.double({ min: 0, max: 1e6, noNaN: true });
  const means = fc.array(unit, { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(unit, means, gamma, unit, (observed, alone, effect, observedShare) => {
      const health = pipelineHealth({ observed, means: alone, gamma: effect, observedShare });
      if (health.scored) expect(health.value).toBeWithin(0, 1.0000001);
      else expect(alone).toContainEqual(expect.closeTo(0, 5));
    }),
  );
});

test("half of the interactions measured halve the health", () => {
  const health = (observedShare: number) =>
    pipelineHealth({ observed: 0.7, means: [0.8, 0.9], gamma: 1.1, observedShare });
  const [half, whole] = [health(0.5), health(1)];
  expect(half.scored && whole.scored && whole.value / half.value).toBeCloseTo(2, 10);
});

test("agents that alone reach nothing leave the health unscored", () => {
  expect(pipelineHealth({ observed: 0.5, means: [0, 0.9], gamma: 1, observedShare: 1 }).scored).toBe(false);
});

test("scores outside of 0 to 1 and one agent alone are refused by name", () => {
  const observation = { observed: 0.5, means: [0.5, 0.5], gamma: 1, observedShare: 1 };
  expect(() => pipelineHealth({ ...observation, observed: Number.NaN })).toThrow(/^observed: NaN/);
  expect(() => pipelineHealth({ ...observation, means: [0.5, 7] })).toThrow(/^means\.1: 7/);
  expect(() => pipelineHealth({ ...observation, means: [0.5] })).toThrow(/^agents: 1/);
  expect(() => pipelineHealth({ ...observation, gamma: -1 })).toThrow(/^gamma: -1/);
  expect(() => performanceDistribution([])).toThrow(/^scores/);
});

test("each band begins where it is said to", () => {
  expect([1.51, 1.5, 1.2, 1.19, 1, 0.99].map(gammaBand)).toEqual([
    ...(["strong", "moderate", "moderate"] as const),
    ...(["weak", "weak", "degradation"] as const),
  ]);
  expect([0.81, 0.8, 0.6, 0.4].map(healthBand)).toEqual(["healthy", "acceptable", "degraded", "critical"]);
  expect([1.99, 2, 2.49, 2.5].map(variabilityBand)).toEqual(["low", "moderate", "moderate", "high"]);
});

test("the variability ratio compares deviations and needs a baseline that varies", () => {
  expect(variabilityRatio(0.3, 0.1)).toEqual({ scored: true, value: expect.closeTo(3, 10) });
  expect(variabilityRatio(0.3, 0).scored).toBe(false);
});

test("the distribution of one score has no deviation", () => {
  expect(performanceDistribution([0.5])).toEqual({ count: 1, mean: 0.5 });
  expect(performanceDistribution([0.4, 0.6])).toMatchObject({ deviation: expect.closeTo(0.1414, 4) });
});
