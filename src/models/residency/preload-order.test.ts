import { expect, test } from "bun:test";
import { orderPreloads, type PreloadStrategy } from "./preload-order.ts";

const nowMs = 10_000_000;
const agedSeconds = (seconds: number) => nowMs - seconds * 1000;

/** Recency scores: 500 (unknown), 990, 400, −3000. */
const candidates = [
  { id: "never", bytes: 600e6, uses: 0 },
  { id: "daily", bytes: 4_000e6, uses: 3, lastUsedAtMs: agedSeconds(10) },
  { id: "often", bytes: 2_000e6, uses: 90, lastUsedAtMs: agedSeconds(600) },
  { id: "old", bytes: 7_000e6, uses: 3, lastUsedAtMs: agedSeconds(4000) },
];

const expected: Readonly<Record<PreloadStrategy, readonly string[]>> = {
  sequential: ["never", "daily", "often", "old"],
  frequency: ["often", "daily", "old", "never"],
  recency: ["daily", "never", "often", "old"],
  size: ["never", "often", "daily", "old"],
};

for (const strategy of ["sequential", "frequency", "size", "recency"] as const) {
  test(`${strategy} loads ${expected[strategy].join(", ")}`, () => {
    expect(orderPreloads(candidates, strategy, nowMs).map(({ id }) => id)).toEqual([...expected[strategy]]);
  });
}

test("a model used 501 s ago comes after one of which nothing is known, one used 499 s ago before it", () => {
  const at = (seconds: number) => [
    { id: "unknown", bytes: 0, uses: 0 },
    { id: "known", bytes: 0, uses: 0, lastUsedAtMs: agedSeconds(seconds) },
  ];
  expect(orderPreloads(at(501), "recency", nowMs).map(({ id }) => id)).toEqual(["unknown", "known"]);
  expect(orderPreloads(at(499), "recency", nowMs).map(({ id }) => id)).toEqual(["known", "unknown"]);
});

test("the list that was given is left as it is", () => {
  const before = candidates.map(({ id }) => id);
  orderPreloads(candidates, "size", nowMs);
  expect(candidates.map(({ id }) => id)).toEqual(before);
});
