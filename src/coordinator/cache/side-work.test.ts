import { expect, test } from "bun:test";
import { createSideWork } from "./side-work.ts";

test("side work runs so much at a time, refuses more than may wait, and ends what runs", async () => {
  const started: number[] = [];
  const errors: unknown[] = [];
  const work = createSideWork({
    maxRunning: 2,
    maxWaiting: 1,
    onFailure: (error) => void errors.push(error),
  });
  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const add = (id: number) =>
    work.add(async (signal) => {
      started.push(id);
      await untilAborted(signal);
    });
  expect([1, 2, 3, 4].map(add)).toEqual([true, true, true, false]);
  expect(started).toEqual([1, 2]);
  await work.end();
  expect(started).toEqual([1, 2]);
  expect(errors).toEqual([]);
  expect(add(5)).toBe(false);
});

test("side work that fails is told of, and what waits goes on", async () => {
  const done: string[] = [];
  const work = createSideWork({
    maxRunning: 1,
    maxWaiting: 5,
    onFailure: (error) => void done.push(String(error)),
  });
  work.add(() => Promise.reject(new Error("broken")));
  work.add(async () => void done.push("second"));
  await work.settle();
  expect(done).toEqual(["Error: broken", "second"]);
});
