import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createBatchWriter } from "./batch-writer.ts";
import { createSideWork } from "./side-work.ts";

test("what is added is written in its order, many at a time", async () => {
  const batches: (readonly number[])[] = [];
  const writer = createBatchWriter<number>({
    write: async (items) => void batches.push(items),
    onFailure: () => undefined,
    ...{ maxWaiting: 100, maxBatch: 3, delayMs: 60_000 },
  });
  for (let item = 0; item < 7; item++) writer.add(item);
  await writer.flush();
  expect(batches).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
});

test("a full writer drops what comes, and one batch that fails does not hold up the next", async () => {
  const written: number[] = [];
  const lost: number[] = [];
  const writer = createBatchWriter<number>({
    async write(items) {
      if (items.includes(0)) throw new AppError("server_error", "the disk is full");
      written.push(...items);
    },
    onFailure: (_, count) => void lost.push(count),
    ...{ maxWaiting: 4, maxBatch: 2, delayMs: 60_000 },
  });
  expect([0, 1, 2, 3, 4].map((item) => writer.add(item))).toEqual([true, true, true, true, false]);
  await writer.flush();
  expect({ written, lost }).toEqual({ written: [2, 3], lost: [2] });
});

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
