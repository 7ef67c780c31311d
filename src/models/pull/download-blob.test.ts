import { expect, test } from "bun:test";
import { createBytes, digestOf } from "../../testing/registry/registry-server.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import { missingPieces } from "../blobs/pieces.ts";
import { downloadMissing } from "./download-blob.ts";
import { maxConnections, pieceBytes } from "./limits.ts";
import { hastyClock } from "./pull-setup.fixture.ts";
import type { RemoteFile } from "./remote-file.ts";
import { createSlots } from "./slots.ts";
import { createWrittenPieces } from "./written-pieces.ts";

const { signal } = new AbortController();
const chunkBytes = 1 << 20;

/** How one request is answered: with a range or with everything, and where its body breaks off. */
type Manner = { readonly knowsRanges: boolean; readonly cutAt?: number };

/** A body of these bytes, which breaks off after some where that is said. */
function createBody(bytes: Uint8Array<ArrayBuffer>, cutAt = bytes.byteLength): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (position >= cutAt) return controller.close();
      const end = Math.min(position + chunkBytes, cutAt);
      controller.enqueue(bytes.subarray(position, end));
      position = end;
    },
  });
}

/** A file on a server that answers the n-th request in the n-th manner, and all later ones in the last. */
function createFile(bytes: Uint8Array<ArrayBuffer>, manners: readonly Manner[]): RemoteFile {
  let requests = 0;
  return {
    label: "tiny",
    bytes: bytes.byteLength,
    explain: () => undefined,
    async get({ range = "" }) {
      const manner = manners[Math.min(requests, manners.length - 1)];
      requests += 1;
      const [, first = "", last = ""] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
      const response = manner?.knowsRanges
        ? new Response(createBody(bytes.subarray(Number(first), Number(last) + 1), manner.cutAt), {
            status: 206,
            headers: { "content-range": `bytes ${first}-${last}/${bytes.byteLength}` },
          })
        : new Response(createBody(bytes, manner?.cutAt));
      return { response, url: new URL("http://server/"), isRedirected: false };
    },
  };
}

type Download = { readonly hasAll: boolean; readonly digest: string; readonly statuses: readonly string[] };

async function download(bytes: Uint8Array<ArrayBuffer>, manners: readonly Manner[]): Promise<Download> {
  using folder = createTemporaryFolder();
  await using part = await createBlobStore(folder.path).openPart(digestOf(bytes), signal);
  if (!part) throw new Error("the blob is there already");
  await using written = await createWrittenPieces(part, bytes.byteLength);
  const statuses: string[] = [];
  await downloadMissing(createFile(bytes, manners), written, {
    clock: hastyClock,
    random: () => 0,
    slots: createSlots(maxConnections),
    signal,
    onProgress: () => undefined,
    onStatus: (status) => statuses.push(status),
  });
  const hasAll = missingPieces(written.pieces, bytes.byteLength, pieceBytes).length === 0;
  return { hasAll, digest: hasAll ? await written.digest(signal) : "", statuses };
}

test("a stream that is cut and goes on as ranges leaves no range behind", async () => {
  const bytes = new Uint8Array(2 * pieceBytes + 12_345).fill(7);
  const { hasAll, digest } = await download(bytes, [
    { knowsRanges: false, cutAt: 2_000_000 },
    { knowsRanges: true },
  ]);
  expect(hasAll).toBe(true);
  expect(digest).toBe(digestOf(bytes));
});

test.each([
  ["small", createBytes(100_000)],
  ["large", new Uint8Array(pieceBytes + 12_345).fill(7)],
])("a %s file comes from a server without ranges although the stream is cut", async (_, bytes) => {
  const cut = { knowsRanges: false, cutAt: 50_000 };
  const { digest, statuses } = await download(new Uint8Array(bytes), [cut, { knowsRanges: false }]);
  expect(digest).toBe(digestOf(bytes));
  expect(statuses.at(-1)).toContain("knows no ranges");
});

test("that a small file comes as a whole is not worth a word", async () => {
  const { hasAll, statuses } = await download(new Uint8Array(1000), [{ knowsRanges: false }]);
  expect(hasAll).toBe(true);
  expect(statuses).toEqual([]);
});
