import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { encodeGguf } from "../../testing/gguf/gguf-writer.ts";
import { createTinyModel } from "../../testing/gguf/tiny-model.ts";
import { demoModelPath } from "../../testing/models.ts";
import { openFileSource } from "./byte-source.ts";
import { readGgufHeader } from "./read-header.ts";
import { type FetchRange, readRemoteHeader } from "./remote-header.ts";

/** Serves bytes as a file server does, zeros behind them up to `sizeBytes`, and counts what it gave away. */
function serve(content: Blob | Uint8Array, sizeBytes = 0) {
  const ranges: [start: number, end: number][] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const [, from = "", to = ""] = /bytes=(\d+)-(\d+)/.exec(request.headers.get("range") ?? "") ?? [];
      const [start, end] = [Number(from), Number(to) + 1];
      ranges.push([start, end]);
      const bytes = new Uint8Array(await new Response(content.slice(start, end)).arrayBuffer());
      const padding = new Uint8Array(Math.max(0, Math.min(end, sizeBytes) - start - bytes.length));
      return new Response(Buffer.concat([bytes, padding]), { status: 206 });
    },
  });
  const fetchRange: FetchRange = async (start, end) => {
    const headers = { range: `bytes=${start}-${end - 1}` };
    return (await fetch(server.url, { headers })).bytes();
  };
  return { ranges, fetchRange, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("a remote header is the same as the local one", async () => {
  const file = Bun.file(demoModelPath);
  await using server = serve(file);
  const remote = await readRemoteHeader(server.fetchRange, file.size, "demo.gguf");
  using source = openFileSource(demoModelPath);
  expect(remote).toEqual(readGgufHeader(source));
  expect(server.ranges).toEqual([[0, 512 * 1024]]);
});

test("a header that is longer than the first range is fetched piece by piece, each byte once", async () => {
  const tokens = Array.from({ length: 150_000 }, (_, index) => `token-${index}`);
  const whole = encodeGguf(
    createTinyModel({
      metadata: { "tokenizer.ggml.merges": { type: "strings", value: tokens } },
    }),
  );
  const claimedBytes = 100 * 2 ** 30;
  await using server = serve(whole, claimedBytes);
  const header = await readRemoteHeader(server.fetchRange, claimedBytes, "large.gguf");
  expect(header.metadata.get("tokenizer.ggml.merges")).toMatchObject({ count: 150_000 });
  expect(server.ranges.map(([start]) => start)).toEqual([
    0,
    ...server.ranges.slice(0, -1).map(([, end]) => end),
  ]);
  expect(server.ranges.at(-1)?.[1]).toBeLessThan(2 * whole.byteLength);
});

test("a range that comes short is a failed download", async () => {
  await using server = serve(new Uint8Array(100));
  const reading = readRemoteHeader(server.fetchRange, 1_000, "short.gguf");
  await expect(reading).rejects.toMatchObject({ code: "download_failed" });
});

test("a remote file that is no GGUF is refused after its first range", async () => {
  await using server = serve(new Blob([new Uint8Array(2 ** 20)]));
  const reading = readRemoteHeader(server.fetchRange, 2 ** 40, "zeros.gguf");
  await expect(reading).rejects.toThrow("is not a GGUF file");
  expect(server.ranges).toHaveLength(1);
});

test("a remote header without end is refused once 48 MiB of it are here", async () => {
  const start = encodeGguf(createTinyModel()).slice(0, 24);
  let fetched = 0;
  const endless: FetchRange = async (from, to) => {
    fetched = to;
    const bytes = new Uint8Array(to - from);
    if (from === 0) {
      bytes.set(start);
      // A first key of 40 letters whose value is an array that goes on to the end of what a header may be.
      new DataView(bytes.buffer).setBigUint64(24, 40n, true);
      bytes.fill(97, 32, 72);
      new DataView(bytes.buffer).setUint32(72, 9, true);
      new DataView(bytes.buffer).setUint32(76, 8, true);
      new DataView(bytes.buffer).setBigUint64(80, 3_900_000n, true);
    }
    if (from === 0) for (let at = 88; at + 8 <= bytes.length; at += 72) bytes[at] = 64;
    else for (let at = (72 - ((from - 88) % 72)) % 72; at < bytes.length; at += 72) bytes[at] = 64;
    return bytes;
  };
  const reading = readRemoteHeader(endless, 2 ** 40, "endless.gguf");
  await expect(reading).rejects.toThrow("its header is longer than");
  await expect(reading).rejects.toBeInstanceOf(AppError);
  expect(fetched).toBe(48 * 2 ** 20);
});
