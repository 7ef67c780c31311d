import { expect, test } from "bun:test";
import { readRetryAfterMs } from "./retry-after.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

test.each([
  ["5", 5000],
  [" 0 ", 0],
  ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
  ["Thu, 01 Jan 2025 00:00:00 GMT", 0],
  ["soon", undefined],
  ["-1000", 0],
  ["", undefined],
])("Retry-After %p is %p ms", (text, expected) => {
  expect(readRetryAfterMs(new Headers({ "retry-after": text }), now)).toBe(expected);
});
