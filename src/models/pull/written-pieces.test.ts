import { expect, test } from "bun:test";
import { createBytes, digestOf } from "../../testing/registry/registry-server.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import { createWrittenPieces } from "./written-pieces.ts";

const { signal } = new AbortController();

test("bytes that are there stay: what is written over them fills only the gaps, and the digest is that of the file", async () => {
  using folder = createTemporaryFolder();
  const bytes = createBytes(1000);
  const others = bytes.map((byte) => byte ^ 1);
  await using part = await createBlobStore(folder.path).openPart(digestOf(bytes), signal);
  if (!part) throw new Error("the blob is there already");
  await using written = await createWrittenPieces(part, bytes.byteLength);
  await written.write(0, bytes.subarray(0, 300));
  await written.write(500, bytes.subarray(500, 700));
  await written.write(0, others);
  const expected = others.slice();
  expected.set(bytes.subarray(0, 300), 0);
  expected.set(bytes.subarray(500, 700), 500);
  expect(written.pieces).toEqual([[0, 1000]]);
  expect(written.progress).toBe(1000);
  expect(await Bun.file(part.path).bytes()).toEqual(expected);
  expect(await written.digest(signal)).toBe(digestOf(expected));
});
