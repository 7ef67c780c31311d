import { expect, test } from "bun:test";
import fc from "fast-check";
import { createFakeClock } from "../testing/index.ts";
import {
  type Breaker,
  type BreakerOptions,
  type BreakerPermit,
  breakerPresets,
  createBreaker,
} from "./breaker.ts";

const two = { failuresToOpen: 2, openMs: 1000, halfOpenPermits: 1 };

function create(changes: Partial<BreakerOptions> = {}) {
  const clock = createFakeClock();
  return { clock, breaker: createBreaker({ name: "it", ...two, clock, ...changes }) };
}

function createOpened(changes: Partial<BreakerOptions> = {}) {
  const { clock, breaker } = create(changes);
  breaker.fail("first");
  while (breaker.state === "closed") breaker.fail("second");
  return { clock, breaker };
}

function countAdmitted(breaker: Breaker, callers: number): readonly BreakerPermit[] {
  return Array.from({ length: callers }, () => tryEnter(breaker)).filter((permit) => permit !== undefined);
}

function tryEnter(breaker: Breaker): BreakerPermit | undefined {
  try {
    return breaker.enter();
  } catch {
    return undefined;
  }
}

test("an open circuit says how often it failed, why last, and when to come again", () => {
  const { breaker, clock } = createOpened();
  clock.advance(100);
  expect(() => breaker.enter()).toThrow("it failed 2 times in a row and is tried again in 1 s; last: second");
  expect(breaker.remainingMs).toBe(900);
});

test("a success in between means that failures are not in a row", () => {
  const { breaker } = create();
  breaker.enter().fail("first");
  breaker.enter().succeed();
  breaker.enter().fail("second");
  expect([breaker.state, breaker.failures]).toEqual(["closed", 1]);
});

test.each([1, 2, 7])("%d of 100 parallel callers may try a half-open circuit", (halfOpenPermits) => {
  const { breaker, clock } = createOpened({ halfOpenPermits });
  clock.advance(1000);
  expect(countAdmitted(breaker, 100)).toHaveLength(halfOpenPermits);
});

test("a permit that comes back lets exactly one more try", () => {
  const { breaker, clock } = createOpened({ halfOpenPermits: 2, successesToClose: 3 });
  clock.advance(1000);
  const [first] = countAdmitted(breaker, 100);
  first?.succeed();
  first?.succeed();
  expect(countAdmitted(breaker, 100)).toHaveLength(1);
  expect(breaker.state).toBe("half-open");
});

test("an attempt that was called off frees its place and says nothing", () => {
  const { breaker, clock } = createOpened();
  clock.advance(1000);
  breaker.enter().abandon();
  expect(breaker.state).toBe("half-open");
  breaker.enter().succeed();
  expect(breaker.state).toBe("closed");
});

test("as many successes as were asked for close the circuit, and one failure opens it again", () => {
  const { breaker, clock } = createOpened({ successesToClose: 2, halfOpenPermits: 2 });
  clock.advance(1000);
  breaker.enter().succeed();
  breaker.enter().fail("again");
  expect([breaker.state, breaker.remainingMs]).toEqual(["open", 1000]);
  clock.advance(1000);
  breaker.enter().succeed();
  expect(breaker.state).toBe("half-open");
  breaker.enter().succeed();
  expect([breaker.state, breaker.failures]).toEqual(["closed", 0]);
});

test("a success that began before the circuit opened does not close it", () => {
  const { breaker, clock } = create();
  const early = breaker.enter();
  breaker.enter().fail("first");
  breaker.enter().fail("second");
  early.succeed();
  expect(breaker.state).toBe("open");
  clock.advance(1000);
  expect(breaker.state).toBe("half-open");
});

test("a failure that began before the circuit closed does not open it", () => {
  const { breaker, clock } = createOpened({ halfOpenPermits: 2, failuresToOpen: 1 });
  clock.advance(1000);
  const slow = breaker.enter();
  breaker.enter().succeed();
  slow.fail("too late");
  expect([breaker.state, breaker.failures]).toEqual(["closed", 0]);
});

test("an attempt that outlives its half-open state keeps its place in the next", () => {
  const { breaker, clock } = createOpened({ halfOpenPermits: 2 });
  clock.advance(1000);
  const hung = breaker.enter();
  breaker.enter().fail("again");
  clock.advance(1000);
  expect(countAdmitted(breaker, 100)).toHaveLength(1);
  hung.abandon();
  expect(countAdmitted(breaker, 100)).toHaveLength(1);
});

test("where failures count until a reset, a success closes the circuit and one failure opens it again", () => {
  const { breaker, clock } = createOpened({ countsUntilReset: true });
  clock.advance(1000);
  breaker.enter().succeed();
  expect([breaker.state, breaker.failures]).toEqual(["closed", 2]);
  breaker.fail("third");
  expect(breaker.state).toBe("open");
  breaker.reset();
  expect([breaker.state, breaker.failures]).toEqual(["closed", 0]);
});

test("each opening and closing is told once", () => {
  const told: string[] = [];
  const { breaker, clock } = createOpened({ onChange: (state) => told.push(state) });
  clock.advance(1000);
  breaker.enter().fail("again");
  clock.advance(1000);
  breaker.enter().succeed();
  breaker.enter().succeed();
  expect(told).toEqual(["open", "closed"]);
});

test.each([
  ["default", 5, 30_000, 1, 1],
  ["gpu", 3, 60_000, 1, 1],
  ["network", 5, 10_000, 2, 2],
  ["remote", 5, 30_000, 1, 2],
  ["connector", 3, 30_000, 1, 1],
] as const)(
  "the preset %s opens after %i failures for %i ms, lets %i try, and closes after %i successes",
  (name, failures, openMs, permits, successes) => {
    const { breaker, clock } = create(breakerPresets[name]);
    for (let count = 1; count < failures; count += 1) breaker.enter().fail("down");
    expect(breaker.state).toBe("closed");
    breaker.enter().fail("down");
    clock.advance(openMs - 1);
    expect(breaker.state).toBe("open");
    clock.advance(1);
    const admitted = countAdmitted(breaker, 100);
    expect(admitted.length).toBe(permits);
    for (const permit of admitted) permit.abandon();
    for (let count = 1; count < successes; count += 1) breaker.enter().succeed();
    expect(breaker.state).toBe("half-open");
    breaker.enter().succeed();
    expect(breaker.state).toBe("closed");
  },
);

test("whatever happens in whatever order, no more attempts run in half-open than there are permits", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom("enter" as const) }),
    fc.record({
      kind: fc.constantFrom("succeed" as const, "fail" as const, "abandon" as const),
      at: fc.nat(20),
    }),
    fc.record({ kind: fc.constantFrom("advance" as const), at: fc.nat(1500) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat({ max: 3 }), (steps, more) => {
      const { breaker, clock } = create({ halfOpenPermits: 1 + more, successesToClose: 2 });
      const running: { readonly permit: BreakerPermit; readonly isProbe: boolean }[] = [];
      for (const next of steps) {
        if (next.kind === "advance") clock.advance(next.at);
        else if (next.kind === "enter") {
          const isProbe = breaker.state === "half-open";
          const permit = tryEnter(breaker);
          expect(permit === undefined || breaker.state !== "open").toBe(true);
          if (permit) running.push({ permit, isProbe });
        } else {
          const [ended] = running.splice(next.at % Math.max(1, running.length), 1);
          if (next.kind === "fail") ended?.permit.fail("asked to");
          else ended?.permit[next.kind]();
        }
        expect(running.filter(({ isProbe }) => isProbe).length).toBeLessThanOrEqual(1 + more);
      }
      for (const { permit } of running) permit.abandon();
      clock.advance(two.openMs);
      if (breaker.state === "half-open") expect(countAdmitted(breaker, 10)).toHaveLength(1 + more);
    }),
  );
});
