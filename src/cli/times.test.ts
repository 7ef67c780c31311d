import { expect, test } from "bun:test";
import { formatAgo, formatCountdown, formatSpan } from "./times.ts";

test("a span is told in its largest whole unit", () => {
  const second = 1000;
  expect(
    [0, second, 59 * second, 60 * second, 3_600 * second, 50 * 3_600 * second, 400 * 86_400 * second].map(
      formatSpan,
    ),
  ).toEqual(["0 seconds", "1 second", "59 seconds", "1 minute", "1 hour", "2 days", "1 year"]);
});

test("what was just now is not told in seconds, nor is a clock that went back", () => {
  expect([formatAgo(1_000, 1_500), formatAgo(5_000, 1_000), formatAgo(0, 120_000)]).toEqual([
    "just now",
    "just now",
    "2 minutes ago",
  ]);
});

test("a countdown keeps its width, and one that never ends is a stall", () => {
  expect([0.2, 59.2, 187, 7_500, 1e9, Number.NaN].map(formatCountdown)).toEqual([
    "1s",
    "1m00s",
    "3m07s",
    "2h05m",
    "stalled",
    "stalled",
  ]);
});
