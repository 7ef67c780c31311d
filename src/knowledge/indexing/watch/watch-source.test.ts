import { expect, spyOn, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { systemClock } from "../../../resilience/index.ts";
import { createFakeClock, createTemporaryFolder, waitUntil } from "../../../testing/index.ts";
import { watchSource } from "./watch-source.ts";

function watchFolder(
  path: string,
  options: { readonly onChange?: () => Promise<void>; readonly isFake?: boolean } = {},
) {
  const stopping = new AbortController();
  const listeners = countListeners(stopping.signal);
  const clock = createFakeClock();
  let runs = 0;
  let faults = 0;
  const watched = watchSource(path, {
    clock: options.isFake === false ? systemClock : clock,
    signal: stopping.signal,
    settleMs: 20,
    onBlind: () => faults++,
    async onChange() {
      runs++;
      await options.onChange?.();
    },
  });
  return { watched, clock, stop: () => stopping.abort(), runs: () => runs, faults: () => faults, listeners };
}

function countListeners(signal: AbortSignal): () => number {
  const added = spyOn(signal, "addEventListener");
  const removed = spyOn(signal, "removeEventListener");
  return () => added.mock.calls.length - removed.mock.calls.length;
}

test("changes that come together make one run once they settle", async () => {
  using folder = createTemporaryFolder();
  const { watched, clock, stop, runs } = watchFolder(folder.path);
  await waitUntil("it watches", () => clock.pending === 1);
  await waitUntil("the changes are seen", () => {
    writeFileSync(folder.file("a.md"), String(Math.random()));
    return clock.pending === 2;
  });
  expect(runs()).toBe(0);
  clock.advance(20);
  await waitUntil("it ran", () => runs() === 1);
  stop();
  await watched;
  expect(runs()).toBe(1);
});

test("without any change everything is looked at again from time to time", async () => {
  using folder = createTemporaryFolder();
  const { watched, clock, stop, runs } = watchFolder(folder.path);
  await waitUntil("it watches", () => clock.pending === 1);
  clock.advance(59_999);
  expect(runs()).toBe(0);
  clock.advance(1);
  await waitUntil("it ran", () => runs() === 1);
  stop();
  await watched;
});

test("where nothing can be watched it looks more often, and says so once", async () => {
  using folder = createTemporaryFolder();
  const { watched, clock, stop, runs, faults } = watchFolder(folder.file("missing"));
  await waitUntil("it waits", () => clock.pending === 1);
  expect(faults()).toBe(1);
  clock.advance(5_000);
  await waitUntil("it ran", () => runs() === 1);
  stop();
  await watched;
});

test("a change during a run makes another one after it", async () => {
  using folder = createTemporaryFolder();
  let isFirst = true;
  const onChange = async () => {
    if (isFirst) writeFileSync(folder.file("b.md"), "changed meanwhile");
    isFirst = false;
    await Bun.sleep(50);
  };
  const { watched, stop, runs } = watchFolder(folder.path, { onChange, isFake: false });
  await waitUntil("two runs", () => {
    if (isFirst) writeFileSync(folder.file("a.md"), String(Math.random()));
    return runs() >= 2;
  });
  stop();
  await watched;
});

test("a run that fails ends the watch with its error", async () => {
  using folder = createTemporaryFolder();
  const { watched, clock } = watchFolder(folder.path, { onChange: () => Promise.reject(new Error("disk")) });
  await waitUntil("it watches", () => clock.pending === 1);
  clock.advance(60_000);
  await expect(watched).rejects.toThrow("disk");
});

test("however often it runs, one listener waits for the signal", async () => {
  using folder = createTemporaryFolder();
  const { watched, clock, stop, runs, listeners } = watchFolder(folder.path);
  await waitUntil("it watches", () => clock.pending === 1);
  for (let run = 1; run <= 5; run++) {
    clock.advance(60_000);
    await waitUntil("it ran and waits again", () => runs() === run && clock.pending === 1);
  }
  expect(listeners()).toBe(1);
  stop();
  await watched;
});
