import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createBytes,
  digestOf,
  type RegistryServer,
  startRegistry,
} from "../../testing/registry/registry-server.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { waitUntil } from "../../testing/wait-until.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import type { Piece } from "../blobs/piece-record.ts";
import { modelType } from "./pull-setup.fixture.ts";

const kills = 50;
/** Small layers, so that kills meet the ends of blobs too, and one that comes over two connections. */
const layerSizes = [...Array.from({ length: 20 }, (_, index) => 100_000 + index), 40_000_000];
const mostBytesBetweenKills = 1_200_000;
const chunkBytes = 16 * 1024;
/**
 * What may be under way when the reader dies, on the two connections of a layer: handed to the system by the server,
 * not yet written by the client. Small, as the server sends a chunk a millisecond.
 */
const linesBytes = 2 * 8 * chunkBytes;

const script = join(import.meta.dir, "puller.fixture.ts");

function startPull(home: string, server: RegistryServer) {
  return Bun.spawn([process.execPath, script, home, server.url, "tiny"], { stdout: "pipe", stderr: "pipe" });
}

/** Every file that has the name of a blob has its bytes. */
function checkBlobs(folder: string): number {
  const names = readdirSync(folder).filter((name) => /^sha256-[0-9a-f]{64}$/.test(name));
  for (const name of names) {
    expect(name).toBe(
      `sha256-${createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex")}`,
    );
  }
  return names.length;
}

/** What a dead process left of a blob: every noted byte is the right one. */
async function readPieces(home: string, bytes: Uint8Array): Promise<readonly Piece[]> {
  const blobs = createBlobStore(home);
  await using part = await blobs.openPart(digestOf(bytes), new AbortController().signal);
  if (!part) return [[0, bytes.byteLength]];
  const found = readFileSync(part.path);
  for (const [start, end] of part.pieces) {
    expect(found.subarray(start, end).equals(bytes.subarray(start, end))).toBe(true);
  }
  return part.pieces;
}

/** Bytes that were asked for though they were there. */
function countAskedAgain(
  server: RegistryServer,
  digest: string,
  pieces: readonly Piece[],
  from: number,
): number {
  let count = 0;
  for (const { path, headers } of server.requests.slice(from)) {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.get("range") ?? "") ?? [];
    if (!path.endsWith(digest) || first === undefined) continue;
    for (const [start, end] of pieces) {
      count += Math.max(0, Math.min(end, Number(last) + 1) - Math.max(start, Number(first)));
    }
  }
  return count;
}

test(`after ${kills} kills no name is without its bytes, and no byte that was written is downloaded again`, async () => {
  using folder = createTemporaryFolder();
  using server = startRegistry();
  const home = folder.path;
  const layers = layerSizes.map((size) => ({ mediaType: modelType, bytes: createBytes(size, size) }));
  const digests = server.addModel("library/tiny", layers);
  server.misbehave({ path: "/blobs/", how: { kind: "slow", chunkBytes, delayMs: 1 } });
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = await Promise.all(layers.map(({ bytes }) => readPieces(home, bytes)));
    const asked = server.requests.length;
    const target = server.sent.total() + ((kill * 2_654_435_761) % mostBytesBetweenKills);
    const child = startPull(home, server);
    await waitUntil("the child has got some", () => server.sent.total() >= target || child.exitCode !== null);
    expect(child.exitCode).toBeNull();
    child.kill("SIGKILL");
    await child.exited;
    for (const [index, digest] of digests.entries()) {
      expect(countAskedAgain(server, digest, before[index] ?? [], asked)).toBe(0);
    }
  }
  server.behave();
  const last = startPull(home, server);
  expect(await new Response(last.stdout).text()).toBe("pulled\n");
  expect(checkBlobs(join(home, "models", "blobs"))).toBe(layers.length + 1);
  const repeated = digests.reduce((bytes, digest) => bytes + server.sent.repeated(digest), 0);
  expect(repeated).toBeLessThan(kills * linesBytes);
}, 120_000);
