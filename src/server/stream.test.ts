import { expect, test } from "bun:test";
import { waitUntil } from "../testing/index.ts";
import { maxUnsentStreamBytes } from "./limits.ts";
import { createEventStream, type EventStreamOptions } from "./stream.ts";

function create(events: AsyncIterable<string>, changes: Partial<EventStreamOptions<string>> = {}) {
  return createEventStream({
    events,
    encode: (event) => event,
    encodeError: (error) => `error: ${String(error)}`,
    onCancel: () => undefined,
    keepAlive: () => ": keep-alive\n\n",
    keepAliveMs: 60_000,
    ...changes,
  });
}

async function* ready(...events: string[]) {
  yield* events;
}

async function readChunks(body: ReadableStream<Uint8Array>): Promise<string[]> {
  const decoder = new TextDecoder();
  const chunks: string[] = [];
  for await (const chunk of body) chunks.push(decoder.decode(chunk));
  return chunks;
}

test("events that are ready together go out as one chunk, after the opening", async () => {
  const { body, ended } = create(ready("a", "b", "c"), { opening: "open " });
  expect(await readChunks(body)).toEqual(["open abc"]);
  await ended;
});

test("an event that comes later goes out by itself", async () => {
  async function* events() {
    yield "a";
    await Bun.sleep(0);
    await new Promise(setImmediate);
    yield "b";
  }
  expect(await readChunks(create(events()).body)).toEqual(["a", "b"]);
});

test("a failure is written after what came before, and ends the stream", async () => {
  async function* events() {
    yield "a ";
    throw new Error("broken");
  }
  expect((await readChunks(create(events()).body)).join("")).toBe("a error: Error: broken");
});

test("a client that does not read holds the events back", async () => {
  const event = "x".repeat(maxUnsentStreamBytes / 4);
  let made = 0;
  async function* events() {
    for (; made < 100; made++) {
      yield event;
      await new Promise(setImmediate);
    }
  }
  const { body, ended } = create(events());
  await waitUntil("the stream is full", () => made >= 4);
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  expect(made).toBeLessThan(10);
  expect((await readChunks(body)).join("")).toHaveLength(100 * event.length);
  await ended;
});

test("a client that goes away is reported, and lets a held-back stream end", async () => {
  const event = "x".repeat(maxUnsentStreamBytes * 2);
  let cancelled = 0;
  const { body, ended } = create(ready(event, event, event), { onCancel: () => cancelled++ });
  const reader = body.getReader();
  await reader.read();
  await reader.cancel();
  await ended;
  expect(cancelled).toBe(1);
});

test("a keep-alive comment is written only into silence", async () => {
  const gate = Promise.withResolvers<void>();
  async function* events() {
    await gate.promise;
    yield "late";
  }
  const { body } = create(events(), { keepAliveMs: 1 });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk);
    gate.resolve();
  }
  expect(text).toStartWith(": keep-alive\n\n");
  expect(text).toEndWith("late");
});
