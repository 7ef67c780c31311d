import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Outcome } from "./outcome.ts";
import { compareWithBar, summarise } from "./summary.ts";

function outcome(name: string, verdict: Outcome["verdict"], changes: Partial<Outcome> = {}): Outcome {
  return {
    ...{ case: name, repetition: 0, verdict, message: "", answer: "", calls: [], judges: {} },
    ...{ violations: [], unscored: [], suggestions: [], warnings: [] },
    ...{ durationMs: 10, promptTokens: 1, completionTokens: 2 },
    ...changes,
  };
}

const bar = { passRate: 1, maxUnjudged: 0 };

describe("the pass rate", () => {
  test("has Wilson's interval: 8 of 10 is 0.8, from 0.4902 to 0.9433", async () => {
    const outcomes = Array.from({ length: 10 }, (_, i) => outcome(`${i}`, i < 8 ? "pass" : "fail"));
    const { passRate } = await summarise(outcomes, 1);
    expect(passRate).toMatchObject({ scored: true, value: 0.8, units: 10 });
    expect(passRate.scored && [passRate.low.toFixed(4), passRate.high.toFixed(4)]).toEqual([
      "0.4902",
      "0.9433",
    ]);
  });

  test("counts warnings as passed, and leaves out what could not be judged", async () => {
    const outcomes = [outcome("a", "warn"), outcome("b", "pass"), outcome("c", "abstain")];
    const summary = await summarise(outcomes, 1);
    expect(summary).toMatchObject({ passed: 2, warned: 1, failed: 0, abstained: 1 });
    expect(summary.passRate).toMatchObject({ value: 1, units: 2 });
  });

  test("weighs cases alike, however often each was answered", async () => {
    const repeated = [0, 1, 2].map((repetition) => outcome("a", "fail", { repetition }));
    expect((await summarise([...repeated, outcome("b", "pass")], 1)).passRate).toMatchObject({
      value: 0.5,
      units: 2,
    });
  });

  test("of nothing that was judged is no number, and no success", async () => {
    const summary = await summarise([outcome("a", "abstain")], 1);
    expect(summary.passRate).toEqual({ scored: false, reason: "nothing was judged" });
    expect(compareWithBar(summary, bar).verdict).toBe("abstain");
  });
});

test("the mean score leaves out answers without one, and is no number where none has one", async () => {
  const outcomes = [outcome("a", "pass", { score: 0.5 }), outcome("b", "fail")];
  expect((await summarise(outcomes, 1)).score).toMatchObject({ scored: true, value: 0.5, units: 1 });
  expect((await summarise([outcome("b", "fail")], 1)).score).toMatchObject({ scored: false });
});

test("judges have their means by name", async () => {
  const outcomes = [
    outcome("a", "pass", { judges: { relevance: 0.5, coherence: 1 } }),
    outcome("b", "pass", { judges: { relevance: 1 } }),
  ];
  expect((await summarise(outcomes, 1)).judges).toEqual([
    { name: "coherence", mean: 1, answers: 1 },
    { name: "relevance", mean: 0.75, answers: 2 },
  ]);
});

describe("the bar", async () => {
  const outcomes = [
    outcome("a", "pass", { score: 0.9 }),
    outcome("b", "warn", { score: 0.6 }),
    outcome("c", "fail"),
  ];
  const summary = await summarise(outcomes, 1);

  test.each([
    [{ ...bar, passRate: 0.6667 }, "warn"],
    [{ ...bar, passRate: 0.6668 }, "fail"],
    [{ ...bar, passRate: 0.5, minScore: 0.75 }, "warn"],
    [{ ...bar, passRate: 0.5, minScore: 0.76 }, "fail"],
    [{ ...bar, passRate: 0.5, maxWarnings: 1 }, "warn"],
    [{ ...bar, passRate: 0.5, maxWarnings: 0 }, "fail"],
  ] as const)("%j makes it %s", (asked, verdict) => {
    expect(compareWithBar(summary, asked).verdict).toBe(verdict);
  });

  test("on the score is missed where there is no score", async () => {
    const unscored = await summarise([outcome("a", "pass")], 1);
    expect(compareWithBar(unscored, { ...bar, passRate: 0, minScore: 0 }).verdict).toBe("fail");
  });

  test("is not reached where judges could not judge more answers than it allows", async () => {
    const unscored = [{ name: "grounding", reason: "it is switched off" }];
    const outcomes = [outcome("a", "pass"), outcome("b", "abstain", { unscored })];
    const faulty = await summarise(outcomes, 1);
    expect(compareWithBar(faulty, bar)).toEqual({
      verdict: "abstain",
      reasons: ["answers that could not be judged: 1, and at most 0 may be"],
    });
    expect(compareWithBar(faulty, { ...bar, maxUnjudged: 1 }).verdict).toBe("pass");
    const failing = [{ name: "grounding", reason: "it was ended", fault: true as const }];
    const half = await summarise([outcome("a", "pass", { unscored: failing }), outcome("b", "pass")], 1);
    expect(compareWithBar(half, bar).verdict).toBe("abstain");
    const noted = await summarise([outcome("a", "pass", { unscored })], 1);
    expect(compareWithBar(noted, bar).verdict).toBe("pass");
    const skipped = await summarise([outcome("a", "pass"), outcome("b", "abstain")], 1);
    expect(compareWithBar(skipped, bar).verdict).toBe("pass");
  });

  test("tells all that is missed", () => {
    const { reasons } = compareWithBar(summary, { ...bar, minScore: 1, maxWarnings: 0 });
    expect(reasons).toHaveLength(3);
  });
});

test("no number of a summary leaves its range, whatever the outcomes are", async () => {
  const outcomes = fc.array(
    fc.record({
      name: fc.constantFrom("a", "b", "c"),
      verdict: fc.constantFrom("pass", "warn", "fail", "abstain" as const),
      score: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(outcomes, fc.nat(), async (rows, seed) => {
      const made = rows.map(({ name, verdict, score }, repetition) =>
        outcome(name, verdict as Outcome["verdict"], { repetition, ...(score !== undefined && { score }) }),
      );
      const { passRate, score: mean } = await summarise(made, seed);
      for (const estimate of [passRate, mean]) {
        if (!estimate.scored) continue;
        const { low, value, high } = estimate;
        expect(low >= 0 && low <= value + 1e-9 && value <= high + 1e-9 && high <= 1).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});
