import { expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import { createLifecycle } from "./lifecycle.ts";

test("a drain waits for what runs and refuses what is new", async () => {
  const lifecycle = createLifecycle();
  const untrack = lifecycle.track(new AbortController());
  let isDrained = false;
  const drained = lifecycle.drain(new AbortController().signal).then(() => {
    isDrained = true;
  });
  await Promise.resolve();
  expect([lifecycle.isDraining, lifecycle.inFlight, isDrained]).toEqual([true, 1, false]);
  untrack();
  await drained;
  expect(lifecycle.inFlight).toBe(0);
});

test("the deadline of a drain aborts what still runs, with a reason that clients can be told", async () => {
  const lifecycle = createLifecycle();
  const controller = new AbortController();
  const untrack = lifecycle.track(controller);
  controller.signal.addEventListener("abort", untrack);
  const deadline = new AbortController();
  const drained = lifecycle.drain(deadline.signal);
  deadline.abort();
  await drained;
  expect(controller.signal.reason).toBeInstanceOf(AppError);
  expect(controller.signal.reason.code).toBe("shutting_down");
});

test("a request that does not heed its abort does not hold the stop up", async () => {
  const lifecycle = createLifecycle({ graceMs: 1 });
  lifecycle.track(new AbortController());
  await lifecycle.drain(AbortSignal.abort());
  expect(lifecycle.inFlight).toBe(1);
});
