import { expect, test } from "bun:test";
import { maxWaitingStatuses } from "./limits.ts";
import { createProgressFeed, type PullProgress } from "./progress-feed.ts";

const progress = (digest: string, completed: number): PullProgress => ({
  type: "progress",
  digest,
  status: "pulling",
  total: 10,
  completed,
});

test("progress that was not read is replaced by newer, each file by itself", async () => {
  const feed = createProgressFeed();
  for (const completed of [1, 2, 3]) feed.push(progress("a", completed));
  feed.push(progress("b", 1));
  feed.close();
  expect(await Array.fromAsync(feed.events())).toEqual([progress("a", 3), progress("b", 1)]);
});

test("old statuses make room for new ones", async () => {
  const feed = createProgressFeed();
  for (let index = 0; index <= maxWaitingStatuses; index += 1)
    feed.push({ type: "status", status: `${index}` });
  feed.close();
  const events = await Array.fromAsync(feed.events());
  expect(events.length).toBe(maxWaitingStatuses);
  expect(events[0]).toEqual({ type: "status", status: "1" });
});

test("what is pushed while the consumer waits arrives", async () => {
  const feed = createProgressFeed();
  const events = feed.events();
  const next = events.next();
  feed.push({ type: "status", status: "hello" });
  expect((await next).value).toEqual({ type: "status", status: "hello" });
  feed.close();
  expect((await events.next()).done).toBe(true);
});
