import { expect, test } from "bun:test";
import { createFakeClock } from "../testing/index.ts";
import { createRateLimiter } from "./rate-limiter.ts";

function create(maxKeys: number) {
  const clock = createFakeClock();
  const limiter = createRateLimiter({ capacity: 2, refillPerSecond: 10, nowMs: clock.nowMs, maxKeys });
  return { clock, limiter };
}

test("what one key takes, another does not lack", () => {
  const { limiter } = create(10);
  limiter.take("greedy");
  limiter.take("greedy");
  expect([limiter.take("greedy").ok, limiter.take("modest").ok]).toEqual([false, true]);
});

test("keys that somebody invents take no memory beyond the limit and nothing from a known key", () => {
  const { limiter } = create(3);
  limiter.take("known");
  for (let index = 0; index < 10_000; index += 1) limiter.take(`invented-${index}`);
  expect(limiter.keys).toBe(3);
  expect(limiter.take("known").ok).toBe(true);
  expect(limiter.take("invented-again").ok).toBe(false);
});

test("a key that has rested makes room for another", () => {
  const { limiter, clock } = create(1);
  limiter.take("first");
  clock.advance(100);
  expect([limiter.take("second").ok, limiter.take("second").ok]).toEqual([true, true]);
  expect(limiter.take("first")).toEqual({ ok: true });
  expect(limiter.keys).toBe(1);
});
