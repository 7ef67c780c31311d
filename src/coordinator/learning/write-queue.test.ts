import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createWriteQueue, type WriteQueueOptions } from "./write-queue.ts";

function open(changes: Partial<WriteQueueOptions<string>> = {}) {
  const written: (readonly string[])[] = [];
  const faults: number[] = [];
  const queue = createWriteQueue<string>({
    ...{ maxItems: 10, maxWeight: 100, weigh: (text) => text.length, batchItems: 3 },
    write: async (items) => void written.push(items),
    onFault: (_, lost) => void faults.push(lost),
    ...changes,
  });
  return { queue, written, faults };
}

test("items are written in their order, in batches, after the turn that pushed them", async () => {
  const { queue, written } = open();
  for (const item of ["a", "b", "c", "d"]) queue.push(item);
  expect(written).toEqual([]);
  expect(queue.some((item) => item === "d")).toBe(true);
  await queue.settle();
  expect(written).toEqual([["a", "b", "c"], ["d"]]);
  expect(queue.some(() => true)).toBe(false);
});

test("what weighs too much, or is one too many, is refused and counted, and room comes back", async () => {
  const { queue, faults } = open({ maxItems: 2, maxWeight: 5 });
  expect(queue.push("aaaa")).toBe(true);
  expect(queue.push("bb")).toBe(false);
  expect(queue.push("b")).toBe(true);
  expect(queue.push("")).toBe(false);
  expect({ faults, lost: queue.lost }).toEqual({ faults: [1, 1], lost: 2 });
  await queue.settle();
  expect(queue.push("aaaa")).toBe(true);
  await queue.settle();
});

test("a batch that cannot be written is lost and the next one is written", async () => {
  const written: string[] = [];
  const { queue, faults } = open({
    write: async (items) => {
      if (items.includes("a")) throw new AppError("disk_full", "no space");
      written.push(...items);
    },
  });
  for (const item of ["a", "b", "c", "d"]) queue.push(item);
  await queue.settle();
  expect({ written, faults, lost: queue.lost }).toEqual({ written: ["d"], faults: [3], lost: 3 });
});

test("settling waits for what was pushed before, not for what comes meanwhile", async () => {
  let later = 0;
  const { queue, written } = open({
    batchItems: 1,
    write: async (items) => {
      written.push(items);
      if (later++ < 5) queue.push(`later ${later}`);
    },
  });
  queue.push("first");
  await queue.settle();
  expect(written.length).toBe(1);
  await queue.settle();
});
