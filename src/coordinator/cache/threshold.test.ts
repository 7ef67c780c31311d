import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { lowerBound, shareInterval, upperBound } from "./binomial-bound.ts";
import { chooseThreshold, defaultThreshold, labelsNeeded, type MatchLabel } from "./threshold.ts";

const rules = { start: defaultThreshold, maxWrongShare: 0.01 };
const labels = (count: number, similarity: number, isRight: boolean): MatchLabel[] =>
  Array.from({ length: count }, () => ({ similarity, isRight }));

describe("the exact bounds of a share", () => {
  test("are those of Clopper and Pearson", () => {
    // 1 − 0.05^(1/299) and 1 − 0.05^(1/10); 1 of 10 and 5 of 100 as in their tables.
    expect(upperBound(0, 299, 0.95)).toBeCloseTo(0.009969, 6);
    expect(upperBound(0, 10, 0.95)).toBeCloseTo(0.258866, 6);
    expect(upperBound(1, 10, 0.95)).toBeCloseTo(0.394163, 5);
    const { low, high } = shareInterval(5, 100);
    expect(low).toBeCloseTo(0.016432, 5);
    expect(high).toBeCloseTo(0.112835, 5);
    expect(lowerBound(0, 10, 0.95)).toBe(0);
  });

  test("of nothing are everything", () => {
    expect(shareInterval(0, 0)).toEqual({ low: 0, high: 1 });
    expect(shareInterval(3, 3).high).toBe(1);
  });

  test("hold the measured share, whatever was counted", () => {
    const counts = fc
      .tuple(fc.nat(500), fc.nat(500))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b, 1)] as const);
    fc.assert(
      fc.property(counts, ([wrong, total]) => {
        const { low, high } = shareInterval(wrong, total);
        expect(low).toBeLessThanOrEqual(wrong / total + 1e-9);
        expect(high).toBeGreaterThanOrEqual(wrong / total - 1e-9);
      }),
    );
  });
});

describe("the threshold", () => {
  test("stays where it began while too little is known", () => {
    expect(labelsNeeded(0.01)).toBe(299);
    expect(chooseThreshold([], rules)).toEqual({ value: 0.95, basis: "start", labels: 0 });
    const few = labels(298, 0.9, true);
    expect(chooseThreshold(few, rules)).toMatchObject({ value: 0.95, basis: "start" });
  });

  test("falls to where labels enough prove the bound", () => {
    expect(chooseThreshold(labels(299, 0.9, true), rules)).toMatchObject({ value: 0.8, basis: "proven" });
    const mixed = [...labels(299, 0.92, true), ...labels(20, 0.85, false)];
    expect(chooseThreshold(mixed, rules)).toMatchObject({ value: 0.855, basis: "proven" });
  });

  test("rises above the first wrong answers, long before anything is proven", () => {
    const raised = chooseThreshold([...labels(10, 0.99, true), ...labels(1, 0.96, false)], rules);
    expect(raised).toMatchObject({ value: 0.965, basis: "raised" });
  });

  test("closes where the likest questions have wrong answers, and where none may be wrong", () => {
    expect(chooseThreshold(labels(3, 1, false), rules)).toMatchObject({ basis: "closed" });
    expect(chooseThreshold([], { ...rules, maxWrongShare: 0 })).toMatchObject({ basis: "closed" });
  });

  test("never falls below the start of a model that an evaluation found wanting, but by proof", () => {
    const strict = { start: 0.98, maxWrongShare: 0.01 };
    expect(chooseThreshold(labels(50, 0.97, true), strict).value).toBe(0.98);
    expect(chooseThreshold(labels(299, 0.97, true), strict).value).toBe(0.8);
  });

  test("is not proven below a stricter one that the labels speak against", () => {
    // 5 of 2,300 would be proven at 0.9, but 5 of 300 are too many at 0.98, and testing ends there.
    const hidden = [...labels(295, 0.98, true), ...labels(5, 0.98, false), ...labels(2_000, 0.9, true)];
    expect(upperBound(5, 2_300, 0.95)).toBeLessThan(0.01);
    expect(chooseThreshold(hidden, rules)).toMatchObject({ value: 0.985, basis: "raised" });
  });

  test("is hardly ever proven for twice the bound, though each new label is another look", () => {
    let seed = 11;
    const random = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    const looks = 2_000;
    /** Wrong ones of so many labels that still prove a bound of 0.01. */
    const allowed = Array.from({ length: looks + 1 }, () => -1);
    for (let total = labelsNeeded(0.01), tooMany = 0; total <= looks; total++) {
      while (upperBound(tooMany, total, 0.95) <= 0.01) tooMany++;
      allowed[total] = tooMany - 1;
    }
    const isEverProven = (share: number) => {
      let wrong = 0;
      for (let total = 1; total <= looks; total++) {
        if (random() < share) wrong++;
        if (wrong <= (allowed[total] ?? -1)) return true;
      }
      return false;
    };
    const cases = 4_000;
    const countProven = (share: number) =>
      Array.from({ length: cases }, () => isEverProven(share)).filter(Boolean).length;
    expect(countProven(0.02) / cases).toBeLessThanOrEqual(0.01);
    // A share hardly above the bound is what repeated looks are too kind to.
    expect(countProven(0.0101) / cases).toBeWithin(0.1, 0.25);
  });

  test("keeps the bound in 95 of 100 simulated cases whose truth is known", () => {
    let seed = 7;
    const random = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    /** Nothing is wrong above 0.9, and ever more below it. */
    const wrongAt = (similarity: number) => Math.max(0, 0.9 - similarity) * 2;
    const trueWrong = (threshold: number) => {
      const steps = 1_000;
      let sum = 0;
      for (let step = 0; step < steps; step++)
        sum += wrongAt(threshold + ((1 - threshold) * (step + 0.5)) / steps);
      return sum / steps;
    };
    const cases = 200;
    let [broken, proven] = [0, 0];
    for (let run = 0; run < cases; run++) {
      const drawn = Array.from({ length: 2_000 }, () => {
        const similarity = 0.8 + 0.2 * random();
        return { similarity, isRight: random() >= wrongAt(similarity) };
      });
      const { value, basis } = chooseThreshold(drawn, { start: 0.95, maxWrongShare: 0.02 });
      if (basis === "proven") proven += 1;
      if (trueWrong(value) > 0.02) broken += 1;
    }
    expect(proven).toBeGreaterThan(cases / 2);
    expect(broken / cases).toBeLessThanOrEqual(0.05);
  });
});
