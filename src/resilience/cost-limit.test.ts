import { expect, test } from "bun:test";
import fc from "fast-check";
import { createCostLimit } from "./cost-limit.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function create(maxUsd?: number) {
  let now = 1_000_000;
  const limit = createCostLimit({ now: () => now, ...(maxUsd !== undefined && { maxUsd }) });
  const pay = (usd: number) => limit.settle(limit.reserve(usd, "a call"));
  const move = (byMs: number) => {
    now += byMs;
  };
  return { limit, pay, move };
}

test("calls are refused once the hour's limit would be passed, saying what is spent", () => {
  const { limit, pay } = create(10);
  pay(9);
  expect(() => limit.reserve(1.5, "big@work")).toThrow(
    "big@work may cost 1.5 USD; 9 of the 10 USD of 1 h are spent or reserved",
  );
  expect(limit.reserve(1, "big@work").usd).toBe(1);
});

test("calls side by side cannot pass the limit together", () => {
  const { limit } = create(10);
  const open = limit.reserve(8, "first");
  expect(() => limit.reserve(8, "second")).toThrow("second may cost 8 USD");
  limit.settle(open, 1);
  limit.settle(open, 1);
  expect([limit.spent(), limit.reserved(), limit.utilization()]).toEqual([1, 0, 0.1]);
  expect(limit.reserve(8, "second").usd).toBe(8);
});

test("the hour slides: half of what was spent is free again when its own hour is over", () => {
  const { limit, pay, move } = create(10);
  pay(5);
  move(45 * minuteMs);
  pay(5);
  move(16 * minuteMs);
  expect(limit.spent()).toBe(5);
  pay(5);
  expect(() => limit.reserve(0.01, "one more")).toThrow("cost");
});

test("what is summed up with an earlier call stays until its own hour is over", () => {
  const { limit, pay, move } = create(10);
  pay(5);
  move(29_000);
  pay(5);
  move(hourMs - 1);
  expect(limit.spent()).toBeGreaterThanOrEqual(5);
  move(minuteMs);
  expect(limit.spent()).toBe(0);
});

test("a model without a price is refused where there is a limit, and free where there is none", () => {
  const { limit } = create(10);
  expect(() => limit.reserve(undefined, "odd@work")).toThrow("the price of odd@work is not known");
  expect(() => limit.reserve(Number.NaN, "odd@work")).toThrow("the price of odd@work is not known");
  expect(create().limit.reserve(undefined, "odd@work").usd).toBe(0);
});

test("without a limit, what is spent is told all the same", () => {
  const { limit, pay } = create();
  pay(1_000_000);
  expect([limit.spent(), limit.utilization()]).toEqual([1_000_000, 0]);
});

test("a clock that goes back for a day frees nothing early and locks nothing for a day", () => {
  const { limit, pay, move } = create(10);
  pay(10);
  move(-24 * hourMs);
  expect(() => limit.reserve(1, "a call")).toThrow("cost");
  move(hourMs + minuteMs);
  expect(limit.spent()).toBe(0);
});

test("no hour, wherever it begins, costs more than the limit", () => {
  const step = fc.record({ waitMs: fc.nat(40 * minuteMs), cents: fc.nat(500), actual: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { limit, move } = create(10);
      const paid: { readonly atMs: number; readonly usd: number }[] = [];
      let atMs = 0;
      for (const { waitMs, cents, actual } of steps) {
        move(waitMs);
        atMs += waitMs;
        const usd = cents / 100;
        try {
          const reservation = limit.reserve(usd, "a call");
          const charged = (usd * actual) / 100;
          limit.settle(reservation, charged);
          paid.push({ atMs, usd: charged });
        } catch {
          expect(limit.spent() + usd).toBeGreaterThan(10);
        }
      }
      for (const { atMs: from } of paid) {
        const within = paid.filter((each) => each.atMs >= from && each.atMs < from + hourMs);
        expect(within.reduce((sum, each) => sum + each.usd, 0)).toBeLessThanOrEqual(10 + 1e-9);
      }
    }),
  );
});
