import { expect, test } from "bun:test";
import type { AnswerEvent, ContextReceipt } from "../../contract/index.ts";
import { createChatRequest, createTemporaryFolder } from "../../testing/index.ts";
import { openCacheWorld } from "./cache-fixture.ts";

const signal = new AbortController().signal;
const request = createChatRequest("How do I boil an egg?", { model: "fake-model", caching: "semantic" });

/** How many entries there are after an answer whose events were changed on their way. */
async function countKept(change: (event: AnswerEvent) => readonly AnswerEvent[]): Promise<number> {
  using folder = createTemporaryFolder();
  const world = await openCacheWorld(folder.path);
  const found = await world.cache.lookUp(request, signal);
  if (found.hit) throw new Error("nothing is stored");
  async function* events() {
    for await (const event of world.run({ ...request, caching: "off" }, signal)) yield* change(event);
  }
  for await (const _ of found.keep(events()));
  await world.cache.settle();
  const { entries } = await world.cache.stats();
  await world.coordinator.close();
  await world.database.close();
  return entries;
}

const judged = (verdict: string) => (event: AnswerEvent) =>
  event.type === "done" ? [{ type: "judged", choice: 0, judgement: { verdict } } as const, event] : [event];

test("an answer that was judged to be wrong is not kept, one that passed is", async () => {
  expect(await countKept(judged("pass"))).toBe(1);
  expect(await countKept(judged("fail"))).toBe(0);
});

test("an answer that lacks the context it was to rest on is not kept", async () => {
  const rested = (context: Partial<ContextReceipt>) => (event: AnswerEvent) =>
    event.type === "receipt"
      ? [
          {
            ...event,
            receipt: {
              ...event.receipt,
              context: { collections: ["notes"], citations: [], mode: "words" as const, ...context },
            },
          },
        ]
      : [event];
  expect(await countKept(rested({}))).toBe(1);
  expect(await countKept(rested({ reason: "the index is gone" }))).toBe(0);
});
