import { expect, test } from "bun:test";
import { waitUntil } from "../testing/index.ts";
import { Places } from "./places.ts";

function create() {
  return new Places({ name: "a model", parallel: 2, queue: 1 });
}

test("a request beyond those that run and those that wait is refused at once", () => {
  const places = create();
  places.take(2);
  const release = places.take(1);
  expect(() => places.take(1)).toThrow("2 requests may run and 1 wait");
  release();
  release();
  expect(places.taken).toBe(2);
  places.take(1);
});

test("closing waits for what runs and lets nothing in", async () => {
  const places = create();
  const release = places.take(1);
  let isClosed = false;
  const closed = places.close(new AbortController().signal).then(() => {
    isClosed = true;
  });
  expect(() => places.take(1)).toThrow("shutting down");
  expect(isClosed).toBe(false);
  release();
  await closed;
  await waitUntil("it is closed", () => isClosed);
});

test("closing does not wait past its deadline", async () => {
  const places = create();
  places.take(1);
  await places.close(AbortSignal.abort());
});
