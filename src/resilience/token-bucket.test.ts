import { expect, test } from "bun:test";
import fc from "fast-check";
import { createFakeClock } from "../testing/index.ts";
import { createTokenBucket, refuseRate, takeWithin } from "./token-bucket.ts";

function create(capacity: number, refillPerSecond: number) {
  const clock = createFakeClock();
  return { clock, bucket: createTokenBucket({ capacity, refillPerSecond, nowMs: clock.nowMs }) };
}

test("a burst passes, the next one is told when to come again, and then may", () => {
  const { clock, bucket } = create(2, 10);
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([
    { ok: true },
    { ok: true },
    { ok: false, retryAfterMs: 100 },
  ]);
  clock.advance(99);
  expect(bucket.take()).toEqual({ ok: false, retryAfterMs: 1 });
  clock.advance(1);
  expect(bucket.take()).toEqual({ ok: true });
});

test("a clock that goes back gives and takes nothing", () => {
  let now = 1000;
  const bucket = createTokenBucket({ capacity: 1, refillPerSecond: 1, nowMs: () => now });
  bucket.take();
  now = 0;
  expect(bucket.take()).toEqual({ ok: false, retryAfterMs: 1000 });
  now = 1000;
  expect(bucket.take()).toEqual({ ok: true });
});

test("more than the capacity is refused for good, not for now", () => {
  expect(() => create(5, 1).bucket.take(6)).toThrow("6 at once can never pass a limit of 5");
  expect(() => create(0, 1)).toThrow("a rate limit needs at least 1 at once");
  expect(() => create(1, Number.NaN)).toThrow("a rate limit needs at least 1 at once");
});

test("no more passes than the capacity and what flowed in since, however it is asked for", () => {
  const step = fc.record({ waitMs: fc.nat(300), count: fc.nat(5), reserves: fc.nat(2) });
  fc.assert(
    fc.property(fc.nat(20), fc.nat(50), fc.array(step, { maxLength: 100 }), (more, rate, steps) => {
      const [capacity, refillPerSecond] = [5 + more, 1 + rate];
      const { clock, bucket } = create(capacity, refillPerSecond);
      const due: number[] = [];
      for (const { waitMs, count, reserves } of steps) {
        clock.advance(waitMs);
        if (bucket.take(count).ok) due.push(...Array<number>(count).fill(clock.nowMs()));
        for (let index = 0; index < reserves; index += 1) {
          const reserved = bucket.reserve(200);
          if (reserved.ok) due.push(clock.nowMs() + reserved.waitMs);
        }
      }
      due.sort((a, b) => a - b);
      due.forEach((atMs, index) => {
        expect(index + 1).toBeLessThanOrEqual(capacity + (atMs * refillPerSecond) / 1000 + 1e-6);
      });
    }),
  );
});

test("who waits gets a turn in the order of asking, and nobody waits behind a lock", async () => {
  const { clock, bucket } = create(1, 10);
  const { signal } = new AbortController();
  const order: string[] = [];
  const wait = async (who: string) => {
    await takeWithin(bucket, { name: "work", mostMs: 1000, clock, signal });
    order.push(`${who} at ${clock.nowMs()}`);
  };
  const all = [wait("a"), wait("b"), wait("c")];
  for (let step = 0; step < 20; step += 1) {
    clock.advance(10);
    await Promise.resolve();
  }
  await Promise.all(all);
  expect(order.map((line) => line.slice(0, 1))).toEqual(["a", "b", "c"]);
  expect(order[2]).toBe("c at 200");
});

test("a wait that would take too long is refused at once, with the time until it would not", async () => {
  const { clock, bucket } = create(1, 1);
  const { signal } = new AbortController();
  bucket.take();
  const outcome = takeWithin(bucket, { name: "work", mostMs: 400, clock, signal });
  await expect(outcome).rejects.toMatchObject({
    code: "rate_limit_exceeded",
    details: { retryAfterMs: 600 },
  });
  expect(clock.pending).toBe(0);
});

test("who leaves the line gives the turn back", async () => {
  const { clock, bucket } = create(1, 1);
  const leaving = new AbortController();
  bucket.take();
  const outcome = takeWithin(bucket, { name: "work", mostMs: 5000, clock, signal: leaving.signal });
  leaving.abort(new Error("gone"));
  await expect(outcome).rejects.toThrow("gone");
  clock.advance(1000);
  expect(bucket.take()).toEqual({ ok: true });
});

test("a refusal says the seconds, never fewer than one", () => {
  expect(refuseRate("Key k has sent too much", { retryAfterMs: 5 })).toMatchObject({
    message: "Key k has sent too much; try again in 1 s",
    details: { retryAfterMs: 5, retryAfterSeconds: 1 },
  });
});
