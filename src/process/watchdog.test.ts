import { expect, test } from "bun:test";
import { createFakeClock } from "../testing/index.ts";
import { watchDeadline } from "./watchdog.ts";

test("a deadline that passes calls back once", () => {
  const clock = createFakeClock();
  let expirations = 0;
  watchDeadline(100, () => (expirations += 1), clock);
  clock.advance(99);
  expect(expirations).toBe(0);
  clock.advance(1000);
  expect(expirations).toBe(1);
});

test("extend starts the whole time again", () => {
  const clock = createFakeClock();
  let expirations = 0;
  const watchdog = watchDeadline(100, () => (expirations += 1), clock);
  clock.advance(99);
  watchdog.extend();
  clock.advance(99);
  expect(expirations).toBe(0);
  clock.advance(1);
  expect(expirations).toBe(1);
});

test("a cancelled deadline stays cancelled, extend included", () => {
  const clock = createFakeClock();
  const watchdog = watchDeadline(100, () => expect.unreachable(), clock);
  watchdog[Symbol.dispose]();
  watchdog.extend();
  expect(clock.pending).toBe(0);
});
