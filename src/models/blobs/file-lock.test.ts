import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder, waitUntil } from "../../testing/index.ts";
import { lockFile, tryLockFile } from "./file-lock.ts";

const fixture = join(import.meta.dir, "lock-holder.fixture.ts");

test("a lock is had by one at a time in one process, and its file goes with it", () => {
  using folder = createTemporaryFolder();
  const path = folder.file("a.lock");
  {
    using first = tryLockFile(path);
    expect(first).toBeDefined();
    expect(tryLockFile(path)).toBeUndefined();
    expect(tryLockFile(path)).toBeUndefined();
  }
  expect(existsSync(path)).toBe(false);
  using again = tryLockFile(path);
  expect(again).toBeDefined();
});

test("a lock keeps another process out until that dies by SIGKILL", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("a.lock");
  const child = Bun.spawn([process.execPath, fixture, path, folder.file("held")]);
  await waitUntil("the child has the lock", () => existsSync(folder.file("held")));
  expect(tryLockFile(path)).toBeUndefined();
  child.kill("SIGKILL");
  using lock = await lockFile(path, AbortSignal.timeout(10_000));
  expect(lock).toBeDefined();
  await child.exited;
});

test("who waits gets the lock when it is let go, one after another", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("a.lock");
  let inside = 0;
  let most = 0;
  const visits = Array.from({ length: 8 }, async () => {
    using _ = await lockFile(path, AbortSignal.timeout(20_000));
    most = Math.max(most, ++inside);
    await Bun.sleep(1);
    inside--;
  });
  await Promise.all(visits);
  expect(most).toBe(1);
});

test("an abort ends the wait with its reason", async () => {
  using folder = createTemporaryFolder();
  using _ = tryLockFile(folder.file("a.lock"));
  const controller = new AbortController();
  const waiting = lockFile(folder.file("a.lock"), controller.signal);
  controller.abort(new Error("enough"));
  expect(waiting).rejects.toThrow("enough");
  await waiting.catch(() => {});
});

test("processes that take turns on one lock never overlap", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("a.lock");
  const log = folder.file("log");
  const children = Array.from({ length: 4 }, () =>
    Bun.spawn([process.execPath, fixture, path, log, "50"], { stderr: "inherit" }),
  );
  expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0, 0]);
  const lines = (await Bun.file(log).text()).trim().split("\n");
  expect(lines).toHaveLength(4 * 50 * 2);
  for (let i = 0; i < lines.length; i += 2) expect(lines[i + 1]).toBe(lines[i]?.replace("in", "out"));
});
