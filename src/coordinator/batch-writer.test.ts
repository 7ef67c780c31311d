import { expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import { createFakeClock } from "../testing/index.ts";
import { type BatchWriterOptions, createBatchWriter } from "./batch-writer.ts";

function open(changes: Partial<BatchWriterOptions<string>> = {}) {
  const written: (readonly string[])[] = [];
  const losses: string[] = [];
  const clock = createFakeClock();
  const writer = createBatchWriter<string>({
    ...{ maxWaiting: 10, maxBatch: 3, delayMs: 100, clock },
    write: async (items) => void written.push(items),
    onLost: (lost, { code }) => void losses.push(`${lost} ${code}`),
    ...changes,
  });
  const add = (...items: readonly string[]) => items.map((item) => writer.add(item));
  return { writer, written, losses, clock, add };
}
const diskFull = () => new AppError("disk_full", "no space");

test("items are written in their order, in batches, once they have waited for company", async () => {
  const { writer, written, clock, add } = open();
  add("a", "b", "c", "d");
  expect(written).toEqual([]);
  expect(writer.some((item) => item === "d")).toBe(true);
  clock.advance(100);
  expect(written).toEqual([["a", "b", "c"]]);
  await writer.settle();
  expect(written).toEqual([["a", "b", "c"], ["d"]]);
  expect(writer.some(() => true)).toBe(false);
  expect(clock.pending).toBe(0);
});

test("settling does not wait for the delay, and leaves no timer behind", async () => {
  const { writer, written, clock, add } = open();
  add("a");
  await writer.settle();
  expect({ written, pending: clock.pending }).toEqual({ written: [["a"]], pending: 0 });
});

test("what weighs too much, or is one too many, is refused and told of once there is room, and room comes back", async () => {
  const weight = { max: 5, of: (text: string) => text.length };
  const { writer, losses, add } = open({ maxWaiting: 2, weight });
  expect(add("aaaa", "bb", "b", "")).toEqual([true, false, true, false]);
  expect({ losses, lost: writer.lost }).toEqual({ losses: [], lost: 2 });
  await writer.settle();
  expect(losses).toEqual(["2 queue_full"]);
  expect(add("aaaaa")).toEqual([true]);
  await writer.settle();
});

test("what is being written still weighs", async () => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const { writer, add } = open({
    weight: { max: 3, of: (text) => text.length },
    write: async () => {
      begun.resolve();
      await ended.promise;
    },
  });
  add("aaa");
  const settled = writer.settle();
  await begun.promise;
  expect(add("b")).toEqual([false]);
  ended.resolve();
  await settled;
  expect(add("b")).toEqual([true]);
});

test("a batch that cannot be written is lost and told of, and the next one is written", async () => {
  const written: string[] = [];
  const { writer, losses, add } = open({
    write: async (items) => {
      if (items.includes("a")) throw diskFull();
      written.push(...items);
    },
  });
  add("a", "b", "c", "d");
  await writer.settle();
  expect({ written, losses, lost: writer.lost }).toEqual({
    written: ["d"],
    losses: ["3 disk_full"],
    lost: 3,
  });
});

test("settling waits for what was added before, not for what comes meanwhile", async () => {
  let later = 0;
  const written: string[] = [];
  const { writer, add } = open({
    maxBatch: 1,
    write: async (items) => {
      written.push(...items);
      if (later++ < 5) add(`later ${later}`);
    },
  });
  add("first");
  await writer.settle();
  expect(written).toEqual(["first"]);
  await writer.settle();
  expect(written).toEqual(["first", "later 1"]);
});

test("without a delay nothing is written within the turn that adds it", async () => {
  const { writer, written, clock, add } = open({ delayMs: 0 });
  add("a");
  expect(written).toEqual([]);
  clock.advance(0);
  expect(written).toEqual([["a"]]);
  await writer.settle();
});
