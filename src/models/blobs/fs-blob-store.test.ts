import { expect, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createTemporaryFolder } from "../../testing/index.ts";
import { createBlobStore } from "./fs-blob-store.ts";
import { patternAt } from "./pattern.fixture.ts";

const { signal } = new AbortController();
const maxBytes = 1 << 20;

function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;
}

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name !== "holds");
}

test("a stream becomes a blob under the digest of its bytes", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const bytes = patternAt(0, 3 << 20);
  for (const pieceBytes of [1000, 1 << 20, 5 << 20]) {
    const written = await blobs.write(inPieces(bytes, pieceBytes), { signal, maxBytes: 3 << 20 });
    expect(written).toEqual({ digest: digestOf(bytes), bytes: 3 << 20 });
    expect(digestOf(await Bun.file(blobs.pathOf(written.digest)).bytes())).toBe(written.digest);
  }
  expect(listFiles(blobs.folder)).toEqual([`sha256-${digestOf(bytes).slice(7)}`]);
});

test("an empty stream is a blob too", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const written = await blobs.write(inPieces(new Uint8Array(0), 1), { signal, maxBytes });
  expect(await blobs.size(written.digest)).toBe(0);
});

test("a stream with another digest than expected, or longer than allowed, leaves nothing", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const bytes = patternAt(0, 5000);
  const expected = digestOf("something else");
  await expect(blobs.write(inPieces(bytes, 100), { expected, signal, maxBytes })).rejects.toMatchObject({
    code: "model_corrupted",
  });
  await expect(blobs.write(inPieces(bytes, 100), { signal, maxBytes: 4999 })).rejects.toMatchObject({
    code: "body_too_large",
  });
  expect(listFiles(blobs.folder)).toEqual([]);
});

test("a stream that fails, or an abort, leaves nothing", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  async function* failing() {
    yield patternAt(0, 10);
    throw new Error("cut");
  }
  await expect(blobs.write(failing(), { signal, maxBytes })).rejects.toThrow("cut");
  const controller = new AbortController();
  async function* aborting() {
    yield patternAt(0, 10);
    controller.abort(new Error("stop"));
    yield patternAt(10, 10);
  }
  await expect(blobs.write(aborting(), { signal: controller.signal, maxBytes })).rejects.toThrow("stop");
  expect(listFiles(blobs.folder)).toEqual([]);
});

test("a stream whose blob is there is not read", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  const bytes = patternAt(0, 100);
  await blobs.write(inPieces(bytes, 10), { signal, maxBytes });
  let isRead = false;
  async function* stream() {
    isRead = true;
    yield bytes;
  }
  const expected = digestOf(bytes);
  expect(await blobs.write(stream(), { expected, signal, maxBytes })).toEqual({
    digest: expected,
    bytes: 100,
  });
  expect(isRead).toBe(false);
});

test("a file on the same disk is taken in by a hard link, and once only", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.file("home"));
  const bytes = patternAt(0, 2 << 20);
  writeFileSync(folder.file("model.gguf"), bytes, { mode: 0o644 });
  const seen: number[] = [];
  const options = { signal, onProgress: (done: number) => seen.push(done) };
  const taken = await blobs.take(folder.file("model.gguf"), options);
  expect(taken).toEqual({ digest: digestOf(bytes), bytes: 2 << 20, how: "hard-link" });
  expect(seen.at(-1)).toBe(2 << 20);
  const blob = statSync(blobs.pathOf(taken.digest));
  expect(blob.ino).toBe(statSync(folder.file("model.gguf")).ino);
  expect((await blobs.take(folder.file("model.gguf"), { signal })).how).toBe("present");
  expect(listFiles(blobs.folder)).toHaveLength(1);
  expect(statSync(folder.file("model.gguf")).nlink).toBe(2);
});

test("what a symbolic link points to is taken in, not the link", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.file("home"));
  writeFileSync(folder.file("model.gguf"), "weights");
  symlinkSync("model.gguf", folder.file("link.gguf"));
  const { digest } = await blobs.take(folder.file("link.gguf"), { signal });
  expect(digest).toBe(digestOf("weights"));
  expect(statSync(blobs.pathOf(digest)).ino).toBe(statSync(folder.file("model.gguf")).ino);
});

test("a file that others can write is not linked: what they do to it cannot change the blob", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.file("home"));
  writeFileSync(folder.file("model.gguf"), "weights");
  chmodSync(folder.file("model.gguf"), 0o666);
  const { digest, how } = await blobs.take(folder.file("model.gguf"), { signal });
  expect(["reflink", "copy"]).toContain(how);
  writeFileSync(folder.file("model.gguf"), "changed");
  expect(await Bun.file(blobs.pathOf(digest)).text()).toBe("weights");
});

test("a file on another disk is copied", async () => {
  const elsewhere = "/dev/shm";
  if (!existsSync(elsewhere)) return;
  using folder = createTemporaryFolder();
  if (statSync(elsewhere).dev === statSync(folder.path).dev) return;
  const path = `${elsewhere}/hearth-test-${crypto.randomUUID()}`;
  const bytes = patternAt(0, (2 << 20) + 1);
  writeFileSync(path, bytes);
  try {
    const blobs = createBlobStore(folder.path);
    const seen: number[] = [];
    const options = { signal, onProgress: (done: number) => seen.push(done) };
    const taken = await blobs.take(path, options);
    expect(taken).toEqual({ digest: digestOf(bytes), bytes: bytes.byteLength, how: "copy" });
    expect(await blobs.size(taken.digest)).toBe(bytes.byteLength);
    expect(seen).toEqual([1 << 20, 2 << 20, (2 << 20) + 1]);
  } finally {
    await Bun.file(path).delete();
  }
});

test("a file that grows while it is read is refused and leaves nothing", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.file("home"));
  const path = folder.file("model.gguf");
  writeFileSync(path, patternAt(0, 3 << 20));
  const onProgress = () => writeFileSync(path, "x", { flag: "a" });
  await expect(blobs.take(path, { signal, onProgress })).rejects.toMatchObject({ code: "conflict" });
  expect(listFiles(blobs.folder)).toEqual([]);
  expect(existsSync(path)).toBe(true);
});

test("a path without a file is not_found and says so", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.file("home"));
  await expect(blobs.take(folder.file("none.gguf"), { signal })).rejects.toMatchObject({ code: "not_found" });
});

test("looking for a blob makes no folder", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.file("home"));
  expect(await blobs.size(digestOf(""))).toBeUndefined();
  expect(existsSync(folder.file("home"))).toBe(false);
});
