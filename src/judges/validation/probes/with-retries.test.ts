import { expect, test } from "bun:test";
import fc from "fast-check";
import { AppError, type ErrorCode, errorTable } from "../../../base/index.ts";
import { defaultJudgeConfig, type JudgeConfig } from "./judge-config.ts";
import { createRunningClock } from "./probe-fixture.ts";
import { withRetries } from "./with-retries.ts";

const never = new AbortController().signal;
const died = new AppError("host_died", "The engine host died.");

type Try = (signal: AbortSignal, attempt: number) => Promise<string>;

async function retry(attempt: Try, changes: Partial<JudgeConfig> = {}, random = 0, signal = never) {
  const clock = createRunningClock();
  let calls = 0;
  const config = { ...defaultJudgeConfig, ...changes };
  const work = withRetries({ clock, random: () => random }, config, (own) => attempt(own, calls++), signal);
  const result = await clock.run(work);
  return { result, calls, slept: clock.slept };
}

const failing = async (): Promise<string> => {
  throw died;
};

test("an attempt that fails once of something passing is followed by another, and its answer counts", async () => {
  const { result, calls } = await retry(async (_, attempt) => {
    if (attempt === 0) throw died;
    return "here";
  });
  expect(calls).toBe(2);
  expect(result).toMatchObject({ ok: true, value: "here", retryCount: 1 });
});

test("max_retries is how many attempts follow the first", async () => {
  for (const maxRetries of [0, 1, 3]) {
    const { result, calls } = await retry(failing, { maxRetries });
    expect(calls).toBe(1 + maxRetries);
    expect(result).toMatchObject({ ok: false, error: died, retryCount: maxRetries });
  }
});

test("delays double from base_delay", async () => {
  expect((await retry(failing)).slept).toEqual([100, 200, 400]);
  expect((await retry(failing, { baseDelayMs: 7 })).slept).toEqual([7, 14, 28]);
});

test("no delay is above max_delay, but for the jitter", async () => {
  expect((await retry(failing, { maxDelayMs: 150 })).slept).toEqual([100, 150, 150]);
});

test("jitter_factor adds a random share to each delay", async () => {
  expect((await retry(failing, { maxRetries: 1 }, 0.5)).slept).toEqual([expect.closeTo(105, 9)]);
  expect((await retry(failing, { maxRetries: 1, jitterFactor: 1 }, 0.5)).slept).toEqual([
    expect.closeTo(150, 9),
  ]);
  expect((await retry(failing, { maxRetries: 1, jitterFactor: 0 }, 0.5)).slept).toEqual([100]);
});

test("every delay lies between min(base·2^attempt, max) and that with the whole jitter", async () => {
  const numbers = fc.record({
    ...{ base: fc.integer({ min: 1, max: 5_000 }), max: fc.integer({ min: 1, max: 60_000 }) },
    ...{
      jitter: fc.double({ min: 0, max: 2, noNaN: true }),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
    },
  });
  await fc.assert(
    fc.asyncProperty(numbers, async ({ base, max, jitter, random }) => {
      const changes = { maxRetries: 6, baseDelayMs: base, maxDelayMs: max, jitterFactor: jitter };
      const { slept } = await retry(failing, changes, random);
      expect(slept.length).toBe(6);
      for (const [attempt, delayMs] of slept.entries()) {
        const least = Math.min(base * 2 ** attempt, max);
        expect(delayMs).toBeGreaterThanOrEqual(least);
        expect(delayMs).toBeLessThanOrEqual(least * (1 + jitter) + 1e-6);
      }
    }),
    { numRuns: 25 },
  );
});

test("default_timeout ends each attempt, which is told so, and the next one starts", async () => {
  const told: unknown[] = [];
  const hang: Try = (signal) =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        told.push(signal.reason);
        reject(new AppError("cancelled", "The request was cancelled."));
      }),
    );
  const { result, calls, slept } = await retry(hang, { maxRetries: 1, defaultTimeoutMs: 2_000 });
  expect(calls).toBe(2);
  expect(slept).toEqual([2_000, 100, 2_000]);
  const expired = expect.objectContaining({ code: "generation_timeout" });
  expect(told).toEqual([expired, expired]);
  expect(result).toMatchObject({ ok: false, error: { code: "generation_timeout" }, lastAttemptMs: 2_000 });
});

test("an attempt that does not listen to its end is left behind", async () => {
  const { result } = await retry(() => new Promise(() => {}), { maxRetries: 0, defaultTimeoutMs: 50 });
  expect(result).toMatchObject({ ok: false, error: { code: "generation_timeout" }, durationMs: 50 });
});

test("verbose tells of every attempt, and is silent otherwise", async () => {
  const { result } = await retry(
    async (_, attempt) => {
      if (attempt === 0) throw died;
      return "here";
    },
    { verbose: true },
  );
  const error = { code: "host_died" as const, message: "The engine host died." };
  expect(result.attempts).toEqual([{ durationMs: 0, error, delayMs: 100 }, { durationMs: 0 }]);
  expect((await retry(failing)).result.attempts).toBeUndefined();
});

test("only transient errors are tried again, and an open breaker is not", async () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const { calls } = await retry(
      async () => {
        throw new AppError(code, "no");
      },
      { maxRetries: 1 },
    );
    const isRetried =
      errorTable[code].class === "transient" && code !== "circuit_open" && code !== "shutting_down";
    expect([code, calls]).toEqual([code, isRetried ? 2 : 1]);
  }
});

test("an error that is none of ours is a server error, and not tried again", async () => {
  const { result, calls } = await retry(async () => {
    throw new TypeError("x is not a function");
  });
  expect(calls).toBe(1);
  expect(result).toMatchObject({
    ok: false,
    error: { code: "server_error", message: "x is not a function" },
  });
});

test("a full queue is given the time that it asks for", async () => {
  const full = async () => {
    throw new AppError("queue_full", "All places are taken.");
  };
  expect((await retry(full, { maxRetries: 1 })).slept).toEqual([1_000]);
});

test("the caller's abort ends the attempt and the wait between attempts, and is thrown", async () => {
  const reason = new AppError("cancelled", "the user left");
  const during = new AbortController();
  const hang = () =>
    new Promise<string>(() => {
      during.abort(reason);
    });
  expect(await retry(hang, {}, 0, during.signal).catch((error) => error)).toBe(reason);
  const between = new AbortController();
  const failThenLeave = async () => {
    setImmediate(() => between.abort(reason));
    throw died;
  };
  expect(await retry(failThenLeave, {}, 0, between.signal).catch((error) => error)).toBe(reason);
});
