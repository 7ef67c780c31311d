import { describe, expect, test } from "bun:test";
import { AppError, type ErrorCode } from "../base/index.ts";
import { createFakeClock, type FakeClock, waitUntil } from "../testing/index.ts";
import { createDeadline } from "./deadline.ts";
import { retryPresets } from "./decide.ts";
import { type RetryOptions, withRetry } from "./retry.ts";

/** Time passes by itself while something waits for it. */
async function run<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let hasEnded = false;
  const ended = work.finally(() => {
    hasEnded = true;
  });
  ended.catch(() => undefined);
  await waitUntil("the work has ended", () => {
    clock.advance(10);
    return hasEnded;
  });
  return await ended;
}

function options(clock: FakeClock, changes: Partial<RetryOptions> = {}): RetryOptions {
  const { signal } = new AbortController();
  return { preset: retryPresets.default, clock, random: () => 1, signal, ...changes };
}

function failing(code: ErrorCode, times = Number.POSITIVE_INFINITY) {
  const attempts: number[] = [];
  return {
    attempts,
    async work(attempt: number) {
      attempts.push(attempt);
      if (attempts.length <= times) throw new AppError(code, `attempt ${attempt} failed`);
      return "done";
    },
  };
}

test("what fails for a while is tried until it works", async () => {
  const clock = createFakeClock();
  const { work, attempts } = failing("upstream_failed", 2);
  const told: number[] = [];
  const answer = withRetry(work, options(clock, { onRetry: (_, delayMs) => told.push(delayMs) }));
  expect(await run(clock, answer)).toBe("done");
  expect([attempts, told]).toEqual([
    [0, 1, 2],
    [100, 200],
  ]);
});

describe("attempts are bounded by the preset", () => {
  test.each([
    ["default", 3],
    ["aggressive", 5],
    ["conservative", 2],
  ] as const)("%s: %d", async (name, count) => {
    const clock = createFakeClock();
    const { work, attempts } = failing("upstream_failed");
    const outcome = run(clock, withRetry(work, options(clock, { preset: retryPresets[name] })));
    await expect(outcome).rejects.toThrow(`attempt ${count - 1} failed`);
    expect(attempts).toHaveLength(count);
  });
});

describe("one attempt is all that is made", () => {
  const once = [
    "not_found",
    "model_not_found",
    "invalid_request",
    "circuit_open",
    "cost_limit_exceeded",
  ] as const;
  test.each(once)("of %s", async (code) => {
    const clock = createFakeClock();
    const { work, attempts } = failing(code);
    await expect(withRetry(work, options(clock))).rejects.toThrow("attempt 0 failed");
    expect([attempts.length, clock.pending]).toEqual([1, 0]);
  });

  test("once something was sent", async () => {
    const clock = createFakeClock();
    const { work, attempts } = failing("upstream_failed");
    await expect(withRetry(work, options(clock, { hasSent: () => true }))).rejects.toThrow(
      "attempt 0 failed",
    );
    expect(attempts).toHaveLength(1);
  });
});

test("an abort ends the pause with its own reason and leaves no timer", async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  const { work, attempts } = failing("upstream_failed");
  const outcome = withRetry(work, options(clock, { signal: controller.signal }));
  outcome.catch(() => undefined);
  await waitUntil("it pauses", () => clock.pending === 1);
  controller.abort(new AppError("cancelled", "the client left"));
  await expect(outcome).rejects.toThrow("the client left");
  expect([attempts.length, clock.pending]).toEqual([1, 0]);
});

test("a deadline that is over starts no work", async () => {
  const clock = createFakeClock();
  using deadline = createDeadline({ name: "the request", totalMs: 100, clock });
  clock.advance(100);
  const { work, attempts } = failing("upstream_failed", 0);
  const outcome = withRetry(work, options(clock, { deadline }));
  await expect(outcome).rejects.toThrow("the request took longer than 100 ms");
  expect(attempts).toEqual([]);
});

test("a deadline that ends within an attempt is what the caller hears of", async () => {
  const clock = createFakeClock();
  using deadline = createDeadline({ name: "the request", totalMs: 100, clock });
  const outcome = withRetry(
    async () => {
      clock.advance(100);
      throw new AppError("upstream_failed", "cut off");
    },
    options(clock, { deadline }),
  );
  await expect(outcome).rejects.toThrow("the request took longer than 100 ms");
});
