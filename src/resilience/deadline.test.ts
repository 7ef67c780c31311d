import { expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import { createFakeClock } from "../testing/index.ts";
import { createDeadline } from "./deadline.ts";

test("its signal aborts when the time is over, saying what took too long", () => {
  const clock = createFakeClock();
  using deadline = createDeadline({ name: "the request", totalMs: 60_000, clock });
  clock.advance(59_999);
  expect(deadline.signal.aborted).toBe(false);
  clock.advance(1);
  expect(deadline.signal.reason).toMatchObject({
    code: "generation_timeout",
    message: "the request took longer than 60000 ms",
  });
});

test("an operation gets what it wants or what is left, whichever is less", () => {
  const clock = createFakeClock();
  using deadline = createDeadline({ name: "it", totalMs: 60_000, clock });
  expect([deadline.limit(30_000), deadline.consumed()]).toEqual([30_000, 0]);
  clock.advance(45_000);
  expect([deadline.limit(30_000), deadline.remainingMs(), deadline.consumed()]).toEqual([
    15_000, 15_000, 0.75,
  ]);
  clock.advance(60_000);
  expect([deadline.limit(30_000), deadline.remainingMs(), deadline.consumed()]).toEqual([0, 0, 1]);
});

test("a caller that leaves ends it with the caller's reason", () => {
  const clock = createFakeClock();
  const caller = new AbortController();
  using deadline = createDeadline({ name: "it", totalMs: 1000, clock, signal: caller.signal });
  caller.abort(new AppError("cancelled", "the client left"));
  expect(deadline.signal.reason).toMatchObject({ code: "cancelled" });
});

test("a caller that has left already leaves no time and no timer", () => {
  const clock = createFakeClock();
  using deadline = createDeadline({ name: "it", totalMs: 1000, clock, signal: AbortSignal.abort() });
  expect([deadline.signal.aborted, clock.pending]).toEqual([true, 0]);
});

test("once disposed of it keeps no timer and aborts nothing", () => {
  const clock = createFakeClock();
  const caller = new AbortController();
  const deadline = createDeadline({ name: "it", totalMs: 1000, clock, signal: caller.signal });
  deadline[Symbol.dispose]();
  clock.advance(5000);
  caller.abort();
  expect([deadline.signal.aborted, clock.pending]).toEqual([false, 0]);
});

test("a deadline in two months is not one at once", () => {
  const clock = createFakeClock();
  const delays: number[] = [];
  const schedule: typeof clock.schedule = (delayMs, action) => {
    delays.push(delayMs);
    return clock.schedule(delayMs, action);
  };
  const totalMs = 60 * 24 * 3_600_000;
  using deadline = createDeadline({ name: "it", totalMs, clock: { ...clock, schedule } });
  clock.advance(totalMs - 1);
  expect(deadline.signal.aborted).toBe(false);
  clock.advance(1);
  expect(deadline.signal.aborted).toBe(true);
  expect(Math.max(...delays)).toBeLessThan(2 ** 31);
});
