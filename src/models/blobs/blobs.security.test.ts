import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { createTemporaryFolder } from "../../testing/index.ts";
import { createBlobStore } from "./fs-blob-store.ts";

const { signal } = new AbortController();
const hostileDigests = [
  "",
  "sha256:",
  "sha256:../../../../etc/passwd",
  `sha256:${"a".repeat(63)}`,
  `sha256:${"a".repeat(65)}`,
  `sha256:${"A".repeat(64)}`,
  `sha256:${"a".repeat(62)}/x`,
  `sha256:${"a".repeat(64)}\n`,
  `sha256:${"a".repeat(64)}\0`,
  ` sha256:${"a".repeat(64)}`,
  `sha512:${"a".repeat(64)}`,
  `sha256-${"a".repeat(64)}`,
];

test("no path is built from what is not a digest", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.path);
  for (const digest of hostileDigests) {
    expect(() => blobs.pathOf(digest)).toThrow("is not a digest");
    await expect(blobs.size(digest)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(blobs.openPart(digest, signal)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(blobs.hold([digest])).rejects.toMatchObject({ code: "invalid_request" });
  }
});

test("every path that is built lies directly in the folder, whatever the text", () => {
  const blobs = createBlobStore("/home/x");
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^sha256[:-][0-9a-f./]{60,70}$/)), (text) => {
      let path: string;
      try {
        path = blobs.pathOf(text);
      } catch {
        return;
      }
      expect(path).toMatch(/^\/home\/x\/models\/blobs\/sha256-[0-9a-f]{64}$/);
    }),
  );
});

test("a FIFO is refused at once", async () => {
  using folder = createTemporaryFolder();
  Bun.spawnSync(["mkfifo", folder.file("pipe")]);
  const taking = createBlobStore(folder.file("home")).take(folder.file("pipe"), { signal });
  await expect(taking).rejects.toMatchObject({ code: "invalid_request" });
});

test("a folder and a device are refused, also through a symbolic link", async () => {
  using folder = createTemporaryFolder();
  symlinkSync("/dev/zero", folder.file("zero"));
  const blobs = createBlobStore(folder.file("home"));
  for (const path of [folder.path, "/dev/zero", folder.file("zero")]) {
    await expect(blobs.take(path, { signal })).rejects.toMatchObject({ code: "invalid_request" });
  }
});

test("a loop of symbolic links is an error, not a hang", async () => {
  using folder = createTemporaryFolder();
  symlinkSync("b", folder.file("a"));
  symlinkSync("a", folder.file("b"));
  const taking = createBlobStore(folder.file("home")).take(folder.file("a"), { signal });
  await expect(taking).rejects.toThrow("ELOOP");
});

test("a home that everybody can write is refused", async () => {
  using folder = createTemporaryFolder();
  mkdirSync(folder.file("home"));
  chmodSync(folder.file("home"), 0o777);
  const blobs = createBlobStore(folder.file("home"));
  await expect(blobs.hold([])).rejects.toMatchObject({ code: "forbidden" });
});

test("folders of the store are for this user alone", async () => {
  using folder = createTemporaryFolder();
  const blobs = createBlobStore(folder.file("home"));
  await using _ = await blobs.hold([]);
  for (const path of [folder.file("home"), blobs.folder, `${blobs.folder}/holds`]) {
    expect(statSync(path).mode & 0o777).toBe(0o700);
  }
});

test("a piece record that claims more than the file holds, or is no list of ranges, counts for nothing", async () => {
  using folder = createTemporaryFolder();
  const digest = `sha256:${"a".repeat(64)}`;
  const blobs = createBlobStore(folder.path);
  await (await blobs.openPart(digest, signal))?.[Symbol.asyncDispose]();
  const path = blobs.pathOf(digest);
  const records = fc.oneof(
    fc.json(),
    fc.json().map((text) => `{"pieces":${text}}`),
    fc.array(fc.tuple(fc.integer(), fc.integer())).map((pieces) => JSON.stringify({ pieces })),
  );
  const property = fc.asyncProperty(records, async (record) => {
    writeFileSync(`${path}.part`, new Uint8Array(100));
    writeFileSync(`${path}.part.json`, record);
    await using part = await blobs.openPart(digest, signal);
    let last = 0;
    for (const [start, end] of part?.pieces ?? []) {
      expect(start).toBeGreaterThanOrEqual(last);
      expect(end).toBeGreaterThan(start);
      last = end;
    }
    expect(last).toBeLessThanOrEqual(100);
  });
  await fc.assert(property, { numRuns: 100 });
});
