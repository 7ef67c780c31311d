import { expect, test } from "bun:test";
import { createFakeClock } from "../testing/index.ts";
import { createBreaker } from "./breaker.ts";

function createOpenedBreaker() {
  const clock = createFakeClock();
  const breaker = createBreaker({ name: "it", failuresToOpen: 2, openMs: 1000, halfOpenPermits: 1, clock });
  breaker.fail("first");
  breaker.fail("second");
  return { clock, breaker };
}

test("an open circuit says how often it failed, why last, and when to come again", () => {
  const { breaker } = createOpenedBreaker();
  expect(() => breaker.enter()).toThrow("it failed 2 times in a row and is tried again in 1 s; last: second");
});

test("a half-open circuit lets exactly one attempt in at a time", () => {
  const { breaker, clock } = createOpenedBreaker();
  clock.advance(1000);
  breaker.enter();
  expect(() => breaker.enter()).toThrow("it failed");
  breaker.leave();
  breaker.enter();
  expect(breaker.state).toBe("closed");
});

test("the count of failures outlives a probe and ends with real work", () => {
  const { breaker, clock } = createOpenedBreaker();
  clock.advance(1000);
  breaker.enter();
  breaker.leave();
  expect(breaker.failures).toBe(2);
  breaker.reset();
  expect(breaker.failures).toBe(0);
});
