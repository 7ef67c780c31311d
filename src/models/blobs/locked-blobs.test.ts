import { expect, test } from "bun:test";
import { existsSync, linkSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder, waitUntil } from "../../testing/index.ts";
import { createBlobStore } from "./fs-blob-store.ts";
import { withLockedBlobs } from "./locked-blobs.ts";

const holder = join(import.meta.dir, "hold.fixture.ts");
const { signal } = new AbortController();
const someDigest = `sha256:${"a".repeat(64)}`;
const otherDigest = `sha256:${"b".repeat(64)}`;

function heldIn(folder: string): Promise<readonly string[]> {
  return withLockedBlobs(folder, async ({ held }) => [...held].sort());
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

test("a hold is seen by another store until it is disposed", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const first = await blobs.hold([someDigest]);
  const second = await blobs.hold([someDigest, otherDigest]);
  expect(await heldIn(blobs.folder)).toEqual([someDigest, otherDigest]);
  await second[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  expect(await heldIn(blobs.folder)).toEqual([someDigest]);
  await first[Symbol.asyncDispose]();
  expect(await heldIn(blobs.folder)).toEqual([]);
  expect(readdirSync(join(blobs.folder, "holds"))).toEqual([]);
});

test("a hold of another process counts while that lives, and is swept away once it is killed", async () => {
  using folder = createTemporaryFolder();
  const { folder: blobFolder } = createBlobStore(folder.path);
  const child = Bun.spawn([process.execPath, holder, folder.path, someDigest, folder.file("ready")]);
  await waitUntil("the child holds", () => existsSync(folder.file("ready")));
  expect(await heldIn(blobFolder)).toEqual([someDigest]);
  child.kill("SIGKILL");
  await child.exited;
  expect(await heldIn(blobFolder)).toEqual([]);
  expect(readdirSync(join(blobFolder, "holds"))).toEqual([]);
});

test("a blob that has just come in is held until something is said to refer to it", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const { digest } = await blobs.write(once("weights"), { signal, maxBytes: 100 });
  expect(await heldIn(blobs.folder)).toEqual([digest]);
  await withLockedBlobs(blobs.folder, async (locked) => locked.forgetArrivals([digest]));
  expect(await heldIn(blobs.folder)).toEqual([]);
});

test("a blob that came in and that nobody refers to is let go after a while", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path, { arrivalHoldMs: 1 });
  await blobs.write(once("weights"), { signal, maxBytes: 100 });
  await waitUntil("the hold ends", async () => (await heldIn(blobs.folder)).length === 0);
  expect(readdirSync(join(blobs.folder, "holds"))).toEqual([]);
});

test("the oldest of very many arrivals are let go", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  for (let i = 0; i < 260; i++) await blobs.write(once(`blob ${i}`), { signal, maxBytes: 100 });
  expect(await heldIn(blobs.folder)).toHaveLength(256);
});

test("removing counts the bytes that the disk gets back: none where the file has another name", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const { digest: alone } = await blobs.write(once("weights"), { signal, maxBytes: 100 });
  const { digest: linked } = await blobs.write(once("other"), { signal, maxBytes: 100 });
  linkSync(blobs.pathOf(linked), folder.file("kept"));
  const remove = (digests: readonly string[]) =>
    withLockedBlobs(blobs.folder, (locked) => locked.remove(digests));
  expect(await remove([alone, someDigest])).toEqual({ freedBytes: 7, removedBlobs: 1 });
  expect(await remove([linked])).toEqual({ freedBytes: 0, removedBlobs: 1 });
  expect(existsSync(folder.file("kept"))).toBe(true);
});

test("old parts go with their records; young ones, held ones and those being written stay", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const old = new Date(Date.now() - 1_000_000);
  const digests = ["1", "2", "3", "4"].map((digit) => `sha256:${digit.repeat(64)}`);
  for (const digest of digests) {
    await using part = await blobs.openPart(digest, signal);
    await part?.write(0, new Uint8Array(8192));
    await part?.checkpoint([[0, 8192]]);
  }
  const [oldOne = "", young = "", held = "", written = ""] = digests;
  for (const digest of [oldOne, held, written]) utimesSync(`${blobs.pathOf(digest)}.part`, old, old);
  await using _hold = await blobs.hold([held]);
  await using _part = await blobs.openPart(written, signal);
  writeFileSync(join(blobs.folder, "unrelated.txt"), "");
  const removed = await withLockedBlobs(blobs.folder, (locked) =>
    locked.removeParts({ changedBeforeMs: Date.now() - 500_000 }),
  );
  expect(removed).toEqual({ freedBytes: 8192, removedBlobs: 1 });
  const hasPart = (digest: string) => existsSync(`${blobs.pathOf(digest)}.part`);
  expect([oldOne, young, held, written].map(hasPart)).toEqual([false, true, true, true]);
  expect(readdirSync(blobs.folder).filter((name) => name.includes(oldOne.slice(7)))).toEqual([]);
  expect(existsSync(join(blobs.folder, "unrelated.txt"))).toBe(true);
});

test("a record whose part is gone is swept away and counts as nothing", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  {
    await using part = await blobs.openPart(someDigest, signal);
    await part?.write(0, new Uint8Array(10));
    await part?.checkpoint([[0, 10]]);
  }
  rmSync(`${blobs.pathOf(someDigest)}.part`);
  const removed = await withLockedBlobs(blobs.folder, (locked) =>
    locked.removeParts({ changedBeforeMs: Date.now() }),
  );
  expect(removed).toEqual({ freedBytes: 0, removedBlobs: 0 });
  expect(readdirSync(blobs.folder).filter((name) => name.startsWith("sha256-"))).toEqual([]);
});
