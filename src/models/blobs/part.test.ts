import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder, waitUntil } from "../../testing/index.ts";
import type { BlobPart } from "./blob-store.ts";
import { createBlobStore } from "./fs-blob-store.ts";
import { patternAt } from "./pattern.fixture.ts";

const writer = join(import.meta.dir, "part-writer.fixture.ts");
const { signal } = new AbortController();

function digestOf(bytes: Uint8Array): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;
}

async function openNew(home: string, digest: string): Promise<BlobPart> {
  const part = await createBlobStore(home).openPart(digest, signal);
  if (!part) throw new Error("the blob is there already");
  return part;
}

test("a part that is written in any order becomes the blob", async () => {
  using folder = createTemporaryFolder();
  const bytes = patternAt(0, 300_000);
  const digest = digestOf(bytes);
  const blobs = createBlobStore(folder.path);
  {
    await using part = await openNew(folder.path, digest);
    await part.write(200_000, bytes.subarray(200_000));
    await part.write(0, bytes.subarray(0, 200_000));
    expect(await blobs.size(digest)).toBeUndefined();
    const seen: number[] = [];
    await part.commit({ signal, onProgress: (done) => seen.push(done) });
    expect(seen.at(-1)).toBe(300_000);
  }
  expect(await blobs.size(digest)).toBe(300_000);
  expect(new Uint8Array(readFileSync(blobs.pathOf(digest)))).toEqual(bytes);
  expect(statSync(blobs.pathOf(digest)).mode & 0o777).toBe(0o600);
  expect([...new Bun.Glob("**").scanSync(blobs.folder)]).toEqual([`sha256-${digest.slice(7)}`]);
  expect(await blobs.openPart(digest, signal)).toBeUndefined();
});

test("only what a checkpoint recorded is there when the part is opened again", async () => {
  using folder = createTemporaryFolder();
  const digest = digestOf(patternAt(0, 1000));
  {
    await using part = await openNew(folder.path, digest);
    await part.write(0, patternAt(0, 400));
    await part.write(600, patternAt(600, 400));
    await part.checkpoint([
      [0, 400],
      [700, 1000],
    ]);
    await part.write(400, patternAt(400, 100));
  }
  await using again = await openNew(folder.path, digest);
  expect(again.pieces).toEqual([
    [0, 400],
    [700, 1000],
  ]);
});

test("a checkpoint refuses pieces that overlap, run backwards or lie beyond the file", async () => {
  using folder = createTemporaryFolder();
  await using part = await openNew(folder.path, digestOf(patternAt(0, 10)));
  await part.write(0, patternAt(0, 10));
  for (const pieces of [
    [
      [0, 5],
      [4, 6],
    ],
    [[3, 3]],
    [[5, 2]],
    [[0, 11]],
    [[-1, 2]],
    [[0.5, 2]],
  ] as const) {
    await expect(part.checkpoint(pieces)).rejects.toMatchObject({ code: "server_error" });
  }
  expect(part.pieces).toEqual([]);
});

test("bytes with another digest never get the name, and nothing of them counts afterwards", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const digest = digestOf(patternAt(0, 1000));
  await using part = await openNew(folder.path, digest);
  await part.write(0, patternAt(1, 1000));
  await part.checkpoint([[0, 1000]]);
  await expect(part.commit({ signal })).rejects.toMatchObject({ code: "model_corrupted" });
  expect(part.pieces).toEqual([]);
  expect(await blobs.size(digest)).toBeUndefined();
  await part.write(0, patternAt(0, 1000));
  await part.commit({ signal });
  expect(await blobs.size(digest)).toBe(1000);
});

test("a part that was cut, lost, or whose record is no JSON starts anew", async () => {
  using folder = createTemporaryFolder();
  const digest = digestOf(patternAt(0, 1000));
  const path = createBlobStore(folder.path).pathOf(digest);
  const damages = [
    () => truncateSync(`${path}.part`, 999),
    () => rmSync(`${path}.part`),
    () => writeFileSync(`${path}.part.json`, '{"pieces":[[0,1'),
    () => writeFileSync(`${path}.part.json`, '{"pieces":[[0,1000],[10,20]]}'),
  ];
  for (const damage of damages) {
    {
      await using part = await openNew(folder.path, digest);
      await part.write(0, patternAt(0, 1000));
      await part.checkpoint([[0, 1000]]);
    }
    damage();
    await using again = await openNew(folder.path, digest);
    expect(again.pieces).toEqual([]);
    await again.reset();
  }
});

test("a lost part takes its record with it, so that the next one cannot inherit its claims", async () => {
  using folder = createTemporaryFolder();
  const digest = digestOf(patternAt(0, 1000));
  const path = createBlobStore(folder.path).pathOf(digest);
  {
    await using part = await openNew(folder.path, digest);
    await part.write(0, patternAt(0, 1000));
    await part.checkpoint([[0, 1000]]);
  }
  rmSync(`${path}.part`);
  await using again = await openNew(folder.path, digest);
  expect(existsSync(`${path}.part.json`)).toBe(false);
  expect(again.pieces).toEqual([]);
});

test("a part in which nothing was recorded leaves no file", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  {
    await using part = await openNew(folder.path, digestOf(patternAt(0, 10)));
    await part.write(0, patternAt(0, 10));
  }
  expect([...new Bun.Glob("**").scanSync(blobs.folder)]).toEqual([]);
});

test("a second opener waits for the first, and gets what that left or nothing where the blob is there", async () => {
  using folder = createTemporaryFolder();
  const digest = digestOf(patternAt(0, 1000));
  const first = await openNew(folder.path, digest);
  let second: BlobPart | undefined;
  const opening = createBlobStore(folder.path)
    .openPart(digest, signal)
    .then((part) => {
      second = part;
    });
  const third = createBlobStore(folder.path).openPart(digest, signal);
  await first.write(0, patternAt(0, 600));
  await first.checkpoint([[0, 600]]);
  expect(second).toBeUndefined();
  await first[Symbol.asyncDispose]();
  const holder = await Promise.race([opening.then(() => second), third]);
  expect(holder?.pieces).toEqual([[0, 600]]);
  await holder?.write(600, patternAt(600, 400));
  await holder?.commit({ signal });
  await holder?.[Symbol.asyncDispose]();
  expect([await opening.then(() => second), await third].filter((part) => part !== holder)).toEqual([
    undefined,
  ]);
});

test("waiting for a part ends with the reason of the abort", async () => {
  using folder = createTemporaryFolder();
  const digest = digestOf(patternAt(0, 10));
  await using _ = await openNew(folder.path, digest);
  const controller = new AbortController();
  const waiting = createBlobStore(folder.path).openPart(digest, controller.signal);
  controller.abort(new Error("stop"));
  await expect(waiting).rejects.toThrow("stop");
});

test("an abort while the whole is hashed keeps the part", async () => {
  using folder = createTemporaryFolder();
  const bytes = patternAt(0, 3 << 20);
  const digest = digestOf(bytes);
  {
    await using part = await openNew(folder.path, digest);
    await part.write(0, bytes);
    await part.checkpoint([[0, bytes.byteLength]]);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error("stop"));
    await expect(part.commit({ signal: controller.signal, onProgress })).rejects.toThrow("stop");
  }
  await using again = await openNew(folder.path, digest);
  expect(again.pieces).toEqual([[0, bytes.byteLength]]);
});

test("a writer that is killed 30 times never claims a byte that is not there, and ends with the blob", async () => {
  using folder = createTemporaryFolder();
  const totalBytes = 16 << 20;
  const bytes = patternAt(0, totalBytes);
  const digest = digestOf(bytes);
  const blobs = createBlobStore(folder.path);
  const path = blobs.pathOf(digest);
  let claimed = 0;
  for (let round = 0; round < 30 && !existsSync(path); round++) {
    const child = Bun.spawn([process.execPath, writer, folder.path, digest, String(totalBytes)]);
    const before = existsSync(`${path}.part.json`) ? readFileSync(`${path}.part.json`, "utf8") : "";
    await waitUntil("the record grows", () => {
      const now = existsSync(`${path}.part.json`) ? readFileSync(`${path}.part.json`, "utf8") : "";
      return now !== before || existsSync(path) || child.exitCode !== null;
    });
    child.kill("SIGKILL");
    await child.exited;
    if (existsSync(path)) break;
    await using part = await openNew(folder.path, digest);
    const [piece] = part.pieces;
    expect(piece?.[0]).toBe(0);
    expect(piece?.[1]).toBeGreaterThan(claimed);
    claimed = piece?.[1] ?? 0;
    expect(new Uint8Array(readFileSync(part.path)).subarray(0, claimed)).toEqual(bytes.subarray(0, claimed));
  }
  const last = Bun.spawn([process.execPath, writer, folder.path, digest, String(totalBytes)]);
  expect(await last.exited).toBe(0);
  expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
});
