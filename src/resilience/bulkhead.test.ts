import { expect, test } from "bun:test";
import { createBulkhead } from "./bulkhead.ts";

const { signal } = new AbortController();

test("those who find no place wait in order, and those beyond are refused at once", async () => {
  const bulkhead = createBulkhead({ name: "upstream work", maxConcurrent: 1, maxWaiting: 2 });
  const order: string[] = [];
  const first = await bulkhead.enter(signal);
  const second = bulkhead.enter(signal).then((place) => {
    order.push("second");
    return place;
  });
  const third = bulkhead.enter(signal).then(() => order.push("third"));
  await expect(bulkhead.enter(signal)).rejects.toThrow("upstream work works on 1 requests and 2 wait");
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  await third;
  expect([order, bulkhead.running, bulkhead.waiting]).toEqual([["second", "third"], 1, 0]);
});

test("a place is given back once, however often it is disposed of", async () => {
  const bulkhead = createBulkhead({ name: "it", maxConcurrent: 2, maxWaiting: 0 });
  const place = await bulkhead.enter(signal);
  await bulkhead.enter(signal);
  place[Symbol.dispose]();
  place[Symbol.dispose]();
  expect(bulkhead.running).toBe(1);
  await bulkhead.enter(signal);
  await expect(bulkhead.enter(signal)).rejects.toMatchObject({ code: "queue_full" });
});

test("who leaves the line takes no place", async () => {
  const bulkhead = createBulkhead({ name: "it", maxConcurrent: 1, maxWaiting: 1 });
  const place = await bulkhead.enter(signal);
  const leaving = new AbortController();
  const waiting = bulkhead.enter(leaving.signal);
  leaving.abort(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  place[Symbol.dispose]();
  expect([bulkhead.running, bulkhead.waiting]).toEqual([0, 0]);
});

test("whatever the order, no more run than there are places and nobody is forgotten", async () => {
  const bulkhead = createBulkhead({ name: "it", maxConcurrent: 4, maxWaiting: 1000 });
  let [running, most, done] = [0, 0, 0];
  const work = async (turns: number) => {
    using _place = await bulkhead.enter(signal);
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    running -= 1;
    done += 1;
  };
  await Promise.all(Array.from({ length: 500 }, (_, index) => work((index * 7) % 13)));
  expect([most, done, bulkhead.running]).toEqual([4, 500, 0]);
});
