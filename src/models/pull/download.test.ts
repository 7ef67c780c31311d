import { describe, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../base/index.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import type { Misbehaviour } from "../../testing/registry/misbehaviour.ts";
import { createBytes, digestOf } from "../../testing/registry/registry-server.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { waitUntil } from "../../testing/wait-until.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import { pieceBytes } from "./limits.ts";
import {
  createPullSetup,
  hastierClock,
  hastyClock,
  modelType,
  type PullSetup,
  statusesOf,
} from "./pull-setup.fixture.ts";
import type { PullEvent, PullerOptions } from "./puller.ts";

const manyPieces = createBytes(3 * pieceBytes + 12_345);
const small = createBytes(1_000_000);

function serve(
  bytes: Uint8Array,
  options: Partial<PullerOptions> = {},
): PullSetup & { readonly digest: string } {
  const setup = createPullSetup(options);
  const [digest = ""] = setup.server.addModel("library/tiny", [{ mediaType: modelType, bytes }]);
  return { ...setup, digest };
}

function misbehave({ server }: PullSetup, how: Misbehaviour, times = Number.POSITIVE_INFINITY): void {
  server.misbehave({ path: "/blobs/", times, how });
}

async function expectBytes({ blobs, pull }: PullSetup, bytes: Uint8Array): Promise<void> {
  await pull("tiny");
  expect(readFileSync(blobs.pathOf(digestOf(bytes))).equals(bytes)).toBe(true);
}

test("a large blob comes in ranges over several connections, each byte once", async () => {
  using setup = serve(manyPieces);
  await expectBytes(setup, manyPieces);
  const ranges = setup.server.requests.filter(({ headers }) => headers.has("range"));
  expect(ranges.length).toBe(5);
  expect(setup.server.sent.total(setup.digest)).toBe(manyPieces.byteLength);
});

describe("what may pass is tried again", () => {
  test("a connection that is cut goes on where it broke off", async () => {
    using setup = serve(manyPieces);
    misbehave(setup, { kind: "cut", afterBytes: 1_000_003 }, 7);
    await expectBytes(setup, manyPieces);
    expect(setup.server.sent.repeated(setup.digest)).toBeLessThan(3_000_000);
  });

  test("a server that cuts every connection still gives the whole, as long as something comes", async () => {
    using setup = serve(small);
    misbehave(setup, { kind: "cut", afterBytes: 50_000 });
    await expectBytes(setup, small);
  });

  test("connections that are reset", async () => {
    using setup = serve(manyPieces);
    misbehave(setup, { kind: "reset", afterBytes: 2_000_000 }, 5);
    await expectBytes(setup, manyPieces);
  });

  test.each([500, 502, 503, 429, 408])("status %d", async (status) => {
    using setup = serve(small);
    misbehave(setup, { kind: "status", status }, 3);
    await expectBytes(setup, small);
  });

  test("Retry-After is waited for, and said", async () => {
    const delays: number[] = [];
    const clock = {
      nowMs: hastyClock.nowMs,
      schedule(delayMs: number, action: () => void) {
        delays.push(delayMs);
        return hastyClock.schedule(delayMs, action);
      },
    };
    let retries = 0;
    using setup = serve(small, { clock, random: () => 0, onRetry: () => void retries++ });
    setup.server.misbehave({
      path: "/blobs/",
      times: 1,
      how: { kind: "status", status: 429, headers: { "retry-after": "7" } },
    });
    const { events } = await setup.pull("tiny");
    expect(delays).toContain(7000);
    expect(retries).toBe(1);
    expect(statusesOf(events).filter((status) => status.includes("trying again in 7 s")).length).toBe(1);
  });

  test("a connection on which nothing comes is given up and its range asked for again", async () => {
    using setup = serve(small, { clock: hastierClock });
    misbehave(setup, { kind: "stall", afterBytes: 100_000 }, 1);
    await expectBytes(setup, small);
    expect(setup.server.sent.repeated(setup.digest)).toBeLessThan(100_000);
  });
});

describe("what stays is an error", () => {
  test("tries that bring nothing are counted, and the last reason is told", async () => {
    using setup = serve(small);
    misbehave(setup, { kind: "status", status: 500 });
    await expect(setup.pull("tiny")).rejects.toMatchObject({
      code: "download_failed",
      message: expect.stringContaining("answers 500, after 6 tries"),
    });
    expect(setup.server.requests.filter(({ path }) => path.includes("/blobs/")).length).toBe(6);
  });

  test("a Retry-After of an hour is not waited for", async () => {
    using setup = serve(small);
    setup.server.misbehave({ how: { kind: "status", status: 429, headers: { "retry-after": "3600" } } });
    await expect(setup.pull("tiny")).rejects.toThrow("come back in 3600 s");
  });

  test("a server that cannot be reached is named", async () => {
    using setup = createPullSetup({ registry: "http://127.0.0.1:1" });
    await expect(setup.pull("tiny")).rejects.toThrow("127.0.0.1:1 cannot be reached");
  });

  test("wrong bytes are refused, and nothing of them is kept", async () => {
    using setup = serve(small);
    misbehave(setup, { kind: "corrupt", fileByte: 70_000 });
    await expect(setup.pull("tiny")).rejects.toMatchObject({ code: "model_corrupted" });
    expect(await setup.blobs.size(setup.digest)).toBeUndefined();
    setup.server.behave();
    await expectBytes(setup, small);
  });

  test.each([
    ["a Content-Range that lies", { kind: "wrong-range", by: 5 }],
    ["a length that is too long", { kind: "wrong-length", by: 10 }],
    ["a length that is too short", { kind: "wrong-length", by: -10 }],
    ["a body without end", { kind: "endless" }],
  ] satisfies [string, Misbehaviour][])("%s", async (_, how) => {
    using setup = serve(small);
    misbehave(setup, how);
    await expect(setup.pull("tiny")).rejects.toMatchObject({ code: "download_failed" });
    expect(await setup.blobs.size(setup.digest)).toBeUndefined();
  });

  test("a disk that is too small is noticed before anything is fetched", async () => {
    using setup = serve(small, { measureFree: () => Promise.resolve(500_000) });
    await expect(setup.pull("tiny")).rejects.toMatchObject({
      code: "disk_full",
      message: expect.stringMatching(/needs 1\.0 MB more .* and 0\.5 MB are free/),
    });
    expect(setup.server.sent.total(setup.digest)).toBe(0);
  });
});

test("a server without ranges gives the file in one stream, and that is said", async () => {
  using setup = serve(manyPieces);
  misbehave(setup, { kind: "ignore-range" });
  const { events } = await setup.pull("tiny");
  expect(statusesOf(events).some((status) => status.includes("knows no ranges"))).toBe(true);
  expect(setup.server.sent.total(setup.digest)).toBe(manyPieces.byteLength);
  expect(await setup.blobs.size(setup.digest)).toBe(manyPieces.byteLength);
});

describe("stopping and going on", () => {
  async function pullUntil(setup: PullSetup, completed: number): Promise<void> {
    const controller = new AbortController();
    for await (const event of setup.start("tiny", controller.signal)) {
      if (event.type === "progress" && event.completed >= completed) controller.abort();
    }
  }

  test("an abort keeps what has come, and the next pull fetches only the rest", async () => {
    using setup = serve(manyPieces);
    misbehave(setup, { kind: "slow", chunkBytes: 100_000, delayMs: 1 });
    await expect(pullUntil(setup, 1_000_000)).rejects.toMatchObject({ code: "cancelled" });
    expect(await setup.blobs.size(setup.digest)).toBeUndefined();
    expect(statSync(`${setup.blobs.pathOf(setup.digest)}.part`).size).toBeGreaterThan(500_000);
    setup.server.behave();
    setup.server.sent.clear();
    await expectBytes(setup, manyPieces);
    expect(setup.server.sent.total(setup.digest)).toBeLessThan(manyPieces.byteLength - 500_000);
  });

  test("leaving the iteration stops the download", async () => {
    using setup = serve(manyPieces);
    misbehave(setup, { kind: "slow", chunkBytes: 10_000, delayMs: 1 });
    for await (const event of setup.start("tiny", new AbortController().signal)) {
      if (event.type === "progress") break;
    }
    const requests = setup.server.requests.length;
    setup.server.behave();
    await setup.pull("tiny");
    expect(setup.server.requests.length).toBeGreaterThan(requests);
  });

  test("kept bytes that turn out wrong cost one download from zero, no more", async () => {
    using setup = serve(small);
    misbehave(setup, { kind: "corrupt", fileByte: 10 }, 1);
    misbehave(setup, { kind: "status", status: 404 });
    setup.server.behave();
    misbehave(setup, { kind: "cut", afterBytes: 200_000 }, 1);
    const part = await setup.blobs.openPart(setup.digest, new AbortController().signal);
    await part?.write(0, new Uint8Array(100_000));
    await part?.checkpoint([[0, 100_000]]);
    await part?.[Symbol.asyncDispose]();
    const { events } = await setup.pull("tiny");
    expect(statusesOf(events).some((status) => status.includes("downloading it from zero"))).toBe(true);
    expect(await setup.blobs.size(setup.digest)).toBe(small.byteLength);
  });
});

describe("two pulls of one blob", () => {
  test("share one download, and both see its progress", async () => {
    using setup = serve(manyPieces);
    misbehave(setup, { kind: "slow", chunkBytes: 4_000_000, delayMs: 5 });
    const outcomes = await Promise.all([setup.pull("tiny"), setup.pull("tiny")]);
    for (const { events } of outcomes) {
      expect(
        events.filter((event) => event.type === "progress" && event.digest === setup.digest).length,
      ).toBeGreaterThan(2);
    }
    expect(setup.server.sent.total(setup.digest)).toBe(manyPieces.byteLength);
  });

  test("go on when the one that began is stopped", async () => {
    using setup = serve(small);
    misbehave(setup, { kind: "slow", chunkBytes: 20_000, delayMs: 2 });
    const controller = new AbortController();
    const first = setup.pull("tiny", controller.signal).catch((error: unknown) => error);
    await waitUntil("bytes flow", () => setup.server.sent.total(setup.digest) > 0);
    const second: PullEvent[] = [];
    for await (const event of setup.start("tiny", new AbortController().signal)) {
      second.push(event);
      if (event.type === "progress") controller.abort();
    }
    expect(await first).toMatchObject({ code: "cancelled" });
    expect(second.at(-1)?.type).toBe("pulled");
    expect(setup.server.sent.repeated(setup.digest)).toBe(0);
  });
});

test("two processes download a blob once between them", async () => {
  using setup = serve(small);
  misbehave(setup, { kind: "slow", chunkBytes: 20_000, delayMs: 2 });
  const script = join(import.meta.dir, "puller.fixture.ts");
  const command = [process.execPath, script, setup.home, setup.server.url, "tiny"];
  const children = [1, 2].map(() => Bun.spawn(command, { stdout: "pipe", stderr: "pipe" }));
  const outputs = await Promise.all(children.map(({ stdout }) => new Response(stdout).text()));
  expect(outputs).toEqual(["pulled\n", "pulled\n"]);
  expect(setup.server.sent.total(setup.digest)).toBe(small.byteLength);
});

test("a write that fails ends the pull at once, with what the disk said", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const openPart: BlobStore["openPart"] = async (digest, signal) => {
    const part = await blobs.openPart(digest, signal);
    if (part) part.write = () => Promise.reject(new AppError("disk_full", "no space"));
    return part;
  };
  using setup = serve(small, { blobs: { ...blobs, openPart } });
  await expect(setup.pull("tiny")).rejects.toMatchObject({ code: "disk_full" });
  expect(setup.server.requests.filter(({ path }) => path.includes("/blobs/")).length).toBe(1);
});

test("a pull that is stopped before it begins asks nobody", async () => {
  using setup = serve(small, { clock: createFakeClock() });
  await expect(setup.pull("tiny", AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  expect(setup.server.requests.length).toBe(0);
});
