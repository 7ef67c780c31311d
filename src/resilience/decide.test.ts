import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError, type ErrorCode, errorTable } from "../base/index.ts";
import { createFakeClock } from "../testing/index.ts";
import { createDeadline } from "./deadline.ts";
import { decide, type FailureContext, jitterMs, retryPresets } from "./decide.ts";

const context: FailureContext = { preset: retryPresets.default, attempt: 0, random: () => 0.5 };
const codes = Object.keys(errorTable) as ErrorCode[];

function fail(code: ErrorCode, details = {}): AppError {
  return new AppError(code, "it failed", { details });
}

test("a transient failure is tried again after half of the base where chance says a half", () => {
  expect(decide(fail("upstream_failed"), context)).toEqual({
    errorClass: "transient",
    shouldRetry: true,
    shouldFallback: false,
    shouldFailFast: false,
    retryDelayMs: 50,
  });
});

test.each(codes.filter((code) => errorTable[code].class === "permanent"))("%s fails fast", (code) => {
  expect(decide(fail(code), context)).toMatchObject({ shouldRetry: false, shouldFailFast: true });
});

test.each(["circuit_open", "cost_limit_exceeded", "shutting_down"] as const)(
  "%s is never tried again",
  (code) => {
    expect(decide(fail(code), context)).toMatchObject({ shouldRetry: false, shouldFailFast: true });
  },
);

test("what ran out of memory is not tried again, and yet another model may answer", () => {
  const decision = decide(fail("out_of_memory"), { ...context, hasFallback: true });
  expect(decision).toMatchObject({ shouldRetry: false, shouldFailFast: false, shouldFallback: true });
});

test("an error of any other kind is a permanent one", () => {
  expect(decide(new TypeError("x is not a function"), context).errorClass).toBe("permanent");
});

test("nothing is tried again or answered by another once the answer has begun", () => {
  const sent = { ...context, hasSent: true, hasFallback: true };
  expect(decide(fail("upstream_failed"), sent)).toMatchObject({ shouldRetry: false, shouldFallback: false });
});

test("the last attempt is the last", () => {
  expect(decide(fail("upstream_failed"), { ...context, attempt: 1 }).shouldRetry).toBe(true);
  expect(decide(fail("upstream_failed"), { ...context, attempt: 2 }).shouldRetry).toBe(false);
});

test("a failure that asks for a pause gets it, unless nobody waits for so long", () => {
  expect(decide(fail("rate_limit_exceeded", { retryAfterSeconds: 7 }), context).retryDelayMs).toBe(7000);
  expect(decide(fail("rate_limit_exceeded", { retryAfterMs: 10_001 }), context).shouldRetry).toBe(false);
});

test("a failure whose code alone says when to come again gets that pause", () => {
  expect(decide(fail("queue_full"), context).retryDelayMs).toBe(1000);
});

test("nothing is tried again where the deadline leaves no time for the pause", () => {
  const clock = createFakeClock();
  using deadline = createDeadline({ name: "it", totalMs: 1000, clock });
  expect(decide(fail("queue_full"), { ...context, deadline })).toMatchObject({
    shouldRetry: false,
    shouldFailFast: false,
  });
  clock.advance(1000);
  const late = decide(fail("upstream_failed"), { ...context, deadline, hasFallback: true });
  expect(late).toMatchObject({ shouldFailFast: true, shouldFallback: false });
});

describe("another model is not asked", () => {
  test.each(["invalid_request", "unauthorized", "model_not_found", "cancelled", "shutting_down"] as const)(
    "after %s",
    (code) => {
      expect(decide(fail(code), { ...context, hasFallback: true }).shouldFallback).toBe(false);
    },
  );
});

test.each([
  ["default", 3, [50, 100], 5_000],
  ["aggressive", 5, [50, 100, 200, 400], 15_000],
  ["conservative", 2, [25], 500],
] as const)(
  "the preset %s tries %i times, with pauses that double up to a longest",
  (name, attempts, pauses, longest) => {
    const preset = retryPresets[name];
    const decisions = Array.from({ length: attempts }, (_, attempt) =>
      decide(fail("upstream_failed"), { ...context, preset, attempt }),
    );
    expect(decisions.map(({ shouldRetry }) => shouldRetry)).toEqual([...pauses.map(() => true), false]);
    expect(decisions.slice(0, -1).map(({ retryDelayMs }) => retryDelayMs)).toEqual([...pauses]);
    expect(jitterMs(preset, 30, () => 0.5)).toBe(longest);
  },
);

test("no delay is negative, not a number, or longer than the preset's longest", () => {
  const presets = fc.constantFrom(...Object.values(retryPresets));
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(presets, fc.nat(5000), chance, (preset, attempt, random) => {
      const delayMs = jitterMs(preset, attempt, () => random);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(Math.min(preset.maxMs, preset.baseMs * 2 ** attempt));
    }),
  );
});

test("a failure of every code can be made, has its message, and its class is the table's", () => {
  for (const code of codes) {
    const error = fail(code);
    expect([error.message, error.row, decide(error, context).errorClass]).toEqual([
      "it failed",
      errorTable[code],
      errorTable[code].class,
    ]);
  }
});
