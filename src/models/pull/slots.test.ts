import { expect, test } from "bun:test";
import { createSlots } from "./slots.ts";

const { signal } = new AbortController();

test("who comes when all places are taken waits for one, in turn", async () => {
  const slots = createSlots(1);
  const first = await slots.take(signal);
  const order: string[] = [];
  const second = slots.take(signal).then((slot) => {
    order.push("second");
    slot[Symbol.dispose]();
  });
  const third = slots.take(signal).then(() => order.push("third"));
  expect(order).toEqual([]);
  first[Symbol.dispose]();
  await Promise.all([second, third]);
  expect(order).toEqual(["second", "third"]);
});

test("a place given back twice is free once", async () => {
  const slots = createSlots(1);
  const slot = await slots.take(signal);
  slot[Symbol.dispose]();
  slot[Symbol.dispose]();
  await slots.take(signal);
  const controller = new AbortController();
  const waiting = slots.take(controller.signal);
  controller.abort(new Error("no longer"));
  await expect(waiting).rejects.toThrow("no longer");
});

test("who leaves the queue takes no place", async () => {
  const slots = createSlots(1);
  const slot = await slots.take(signal);
  const controller = new AbortController();
  const leaver = slots.take(controller.signal);
  const stayer = slots.take(signal);
  controller.abort(new Error("left"));
  await expect(leaver).rejects.toThrow("left");
  slot[Symbol.dispose]();
  await stayer;
});
