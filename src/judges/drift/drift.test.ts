import { expect, test } from "bun:test";
import fc from "fast-check";
import { createRandom } from "../statistics/random.ts";
import { detectAdwin } from "./adwin.ts";
import { detectAnomaly } from "./anomaly.ts";
import { detectDrift, maxDriftScores, toDriftBody } from "./drift.ts";
import { detectLegacyDrift } from "./legacy-drift.ts";
import { detectPageHinkley } from "./page-hinkley.ts";

const repeat = (score: number, count: number): readonly number[] => Array(count).fill(score);
const wave = (center: number, from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => center + 0.03 * Math.sin(7 * (from + index)));

test("19 scores never flag", () => {
  const scores = [...repeat(1, 10), ...repeat(0, 9)];
  const report = detectDrift(scores);
  expect(report.legacy.isDrift).toBe(false);
  expect(report.legacy.means).toBeUndefined();
  expect(report.pageHinkley).toEqual({});
  expect(report.anomaly.scored).toBe(false);
  expect(detectDrift([...scores, 0]).legacy.isDrift).toBe(true);
});

test("a difference of exactly 0.1 is no legacy drift, one of 0.1001 is", () => {
  for (const historical of [0.2, 0.3, 0.5, 0.7, 0.8, 0.9])
    for (const change of [0.1, -0.1]) {
      const series = (beyond: number) => [
        ...repeat(historical, 10),
        ...repeat(historical + change * (1 + beyond), 10),
      ];
      expect(detectLegacyDrift(series(0)).isDrift).toBe(false);
      expect(detectLegacyDrift(series(0.001)).isDrift).toBe(true);
    }
});

test("the legacy rule compares the last 10 with all before and tells the series", () => {
  const { means, stats } = detectLegacyDrift([...repeat(0.4, 10), ...repeat(0.6, 10), ...repeat(0.9, 10)]);
  expect(means).toEqual({ recent: expect.closeTo(0.9, 10), historical: expect.closeTo(0.5, 10) });
  expect(stats).toEqual({
    ...{ count: 30, mean: expect.closeTo(0.6333, 4), min: 0.4, max: 0.9 },
    std: expect.closeTo(0.2055, 4),
  });
});

test.each([0, 0.1, 0.7, 1 / 3, 1])("a constant series of %p flags nothing in 10,000 scores", (score) => {
  const report = detectDrift(repeat(score, 10_000));
  expect(report.legacy.isDrift).toBe(false);
  expect(report.pageHinkley).toEqual({});
  expect(report.adwin).toEqual([]);
  expect(report.anomaly).toEqual({ scored: true, z: expect.closeTo(0, 10), level: "none" });
});

test("Page-Hinkley alarms with the same scores as River's does at a threshold of 2", () => {
  expect(detectPageHinkley([...repeat(0.8, 60), ...repeat(0.7, 40)])).toEqual({ drop: 85 });
  expect(detectPageHinkley([...wave(0.6, 0, 50), ...wave(0.85, 50, 100)])).toEqual({ rise: 58 });
  const thereAndBack = [...wave(0.9, 0, 30), ...wave(0.5, 30, 50), ...wave(0.9, 50, 100)];
  expect(detectPageHinkley(thereAndBack)).toEqual({ drop: 35, rise: 64 });
});

test("a steady drop of 0.1 takes Page-Hinkley 22 scores or more; at 50 it stays silent", () => {
  const scores = [...repeat(0.8, 1_000), ...repeat(0.7, 30)];
  expect(detectPageHinkley(scores).drop).toBeWithin(1_000 + 21, 1_000 + 24);
  const worst = [...repeat(1, 1_000), ...repeat(0, 50)];
  expect(detectPageHinkley(worst, { lambda: 50 })).toEqual({});
});

test("Page-Hinkley is silent for the first 29 scores, whatever they are", () => {
  expect(detectPageHinkley([...repeat(1, 10), ...repeat(0, 19)])).toEqual({});
  expect(detectPageHinkley([...repeat(1, 10), ...repeat(0, 20)])).toEqual({ drop: 29 });
});

test("Page-Hinkley alarms above its threshold, not at it", () => {
  const options = { delta: 0, alpha: 1 };
  const scores = [...repeat(1, 31), 0];
  expect(detectPageHinkley(scores, { ...options, lambda: 31 / 32 })).toEqual({});
  expect(detectPageHinkley(scores, { ...options, lambda: 0.9687 })).toEqual({ drop: 31 });
});

test("ADWIN looks at the last 100 scores: a difference of 0.35 takes more", () => {
  expect(detectAdwin([...repeat(0.4, 100), ...repeat(0.75, 100)])).toEqual([]);
});

test("ADWIN finds a large change once, and which way", () => {
  const [drop, ...others] = detectAdwin([...repeat(0.95, 50), ...repeat(0.25, 50)]);
  expect(others).toEqual([]);
  expect(drop?.direction).toBe("drop");
  expect(drop?.at).toBeWithin(50, 80);
  const both = detectAdwin([...repeat(0.1, 60), ...repeat(0.9, 60), ...repeat(0.1, 60)]);
  expect(both.map(({ direction }) => direction)).toEqual(["rise", "drop"]);
});

test("ADWIN's rule by hand: after 40 zeros the 18th one shows", () => {
  // n = 58: 1/m = 1/40 + 1/18, σ² = 0.214, ln(2 ln 58 / 0.002) = 8.309: ε = 0.535 + 0.446 < 1. One score before: 1.004.
  expect(detectAdwin([...repeat(0, 40), ...repeat(1, 18)])).toEqual([{ at: 57, direction: "rise" }]);
  expect(detectAdwin([...repeat(0, 40), ...repeat(1, 17)])).toEqual([]);
});

test("scores that vary without changing make ADWIN flag fewer than 1 of 100 series", () => {
  const random = createRandom(9);
  const series = Array.from({ length: 300 }, () => Array.from({ length: 100 }, random));
  expect(series.filter((scores) => detectAdwin(scores).length > 0).length).toBeLessThan(3);
});

test("the last score is an anomaly by its distance from those before it", () => {
  const before = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 0.6 : 0.8));
  const level = (score: number) => {
    const found = detectAnomaly([...before, score]);
    return found.scored && found.level;
  };
  expect([0.7, 0.95, 0.35].map(level)).toEqual(["none", "warn", "critical"]);
  expect(detectAnomaly([...before, 0.9])).toEqual({
    scored: true,
    z: expect.closeTo(1.9748, 3),
    level: "none",
  });
  expect(detectAnomaly([...repeat(1, 30), 0])).toMatchObject({ scored: true, level: "critical" });
});

test("two deviations warn and three are critical, to four decimals; 20 scores have to come before", () => {
  const center = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 0.4 : 0.6));
  // The sample deviation of 20 scores that are each 0.1 off their mean.
  const deviation = 0.1 * Math.sqrt(20 / 19);
  const levelAt = (z: number, before = center) => {
    const found = detectAnomaly([...before, 0.5 + z * deviation]);
    return found.scored ? found.level : "unscored";
  };
  expect([1.9999, 1.99996, 2, 2.9999, 2.99996, 3].map((z) => levelAt(z))).toEqual([
    ...(["none", "warn", "warn", "warn", "critical", "critical"] as const),
  ]);
  expect([-2, -3].map((z) => levelAt(z))).toEqual(["warn", "critical"]);
  expect(levelAt(9, center.slice(1))).toBe("unscored");
});

test("an anomaly is one among the last 1,000 scores before it, no more and no fewer", () => {
  const before = [...repeat(0.2, 500), ...repeat(0.8, 500)];
  expect(detectAnomaly([...repeat(0, 1_000), ...before, 0.5])).toEqual({
    ...{ scored: true, level: "none" },
    z: expect.closeTo(0, 4),
  });
});

test("any scores give a report of numbers alone", () => {
  const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 120 });
  fc.assert(
    fc.property(scores, (list) => {
      const body = toDriftBody(detectDrift(list));
      expect(JSON.parse(JSON.stringify(body))).toEqual(body);
    }),
  );
});

test("detectors speak for themselves: a slow fall is Page-Hinkley's alone", () => {
  const scores = Array.from({ length: 100 }, (_, index) => 0.85 - 0.0015 * index);
  const body = toDriftBody(detectDrift(scores, { threshold: 0.2 }));
  expect(body).toMatchObject({
    legacy_drift: { drift: false, threshold: 0.2 },
    page_hinkley: { drop: true, rise: false, enough_samples: true },
    adwin: { drift: false },
  });
});

test("what is no score is refused by its place", () => {
  expect(() => detectDrift([0.5, 1.2])).toThrow(/^scores\.1: 1\.2/);
  expect(() => detectDrift([Number.NaN])).toThrow(/^scores\.0: NaN/);
  expect(() => detectDrift(repeat(0.5, maxDriftScores + 1))).toThrow(/100001 are given/);
});
