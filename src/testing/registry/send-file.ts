import type { Misbehaviour } from "./misbehaviour.ts";
import type { SentRanges } from "./sent-ranges.ts";
import type { WireRequest, WireResponse } from "./wire-server.ts";

export type ServedFile = {
  /** What its bytes are counted under: a digest, or a path. */
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly etag?: string;
};

const chunkBytes = 256 * 1024;
/** Lets what was sent reach the client's program before a cut does: a failed body drops what it holds unread. */
const arrivalMs = 100;
const statusTexts: Readonly<Record<number, string>> = {
  200: "OK",
  206: "Partial Content",
  416: "Range Not Satisfiable",
};

/** Answers a GET or HEAD for a file, whole or in a range, and misbehaves as told. */
export async function sendFile(
  request: WireRequest,
  response: WireResponse,
  file: ServedFile,
  options: { readonly sent: SentRanges; readonly how: Misbehaviour | undefined },
): Promise<void> {
  const { how, sent } = options;
  if (how?.kind === "endless") return sendEndless(response);
  const range = how?.kind === "ignore-range" ? undefined : findRange(request, file);
  const { start, end } = range ?? { start: 0, end: file.bytes.byteLength };
  if (start >= end && range) return sendText(response, 416, "", {});
  const lie = how?.kind === "wrong-range" ? how.by : 0;
  const headers: Record<string, string> = {
    "content-length": String(end - start + (how?.kind === "wrong-length" ? how.by : 0)),
    "content-type": "application/octet-stream",
    ...(file.etag === undefined ? {} : { etag: file.etag }),
    ...(how?.kind === "ignore-range" ? {} : { "accept-ranges": "bytes" }),
    ...(range ? { "content-range": `bytes ${start + lie}-${end + lie - 1}/${file.bytes.byteLength}` } : {}),
  };
  await response.write(formatHead(range ? 206 : 200, headers));
  if (request.method === "HEAD") return;
  await sendBody(response, file, { start, end, sent, how });
}

async function sendBody(
  response: WireResponse,
  file: ServedFile,
  options: { start: number; end: number; sent: SentRanges; how: Misbehaviour | undefined },
): Promise<void> {
  const { start, end, sent, how } = options;
  const breaksOff = how?.kind === "cut" || how?.kind === "reset" || how?.kind === "stall";
  const stop = breaksOff ? Math.min(end, start + how.afterBytes) : end;
  const step = how?.kind === "slow" ? how.chunkBytes : chunkBytes;
  for (let position = start; position < stop && !response.isClosed; position += step) {
    const next = Math.min(position + step, stop);
    sent.add(file.key, position, next);
    await response.write(cutOut(file.bytes, position, next, how));
    if (how?.kind === "slow") await Bun.sleep(how.delayMs);
  }
  if (how?.kind === "cut") await Bun.sleep(arrivalMs);
  if (how?.kind === "cut" || (how?.kind === "wrong-length" && how.by > 0)) response.cut();
  if (how?.kind === "reset") response.reset();
  if (how?.kind === "stall") await untilClosed(response);
}

function cutOut(bytes: Uint8Array, start: number, end: number, how: Misbehaviour | undefined): Uint8Array {
  const piece = bytes.subarray(start, end);
  if (how?.kind !== "corrupt" || how.fileByte < start || how.fileByte >= end) return piece;
  const changed = piece.slice();
  changed[how.fileByte - start] = (changed[how.fileByte - start] ?? 0) ^ 0xff;
  return changed;
}

async function sendEndless(response: WireResponse): Promise<void> {
  await response.write(formatHead(200, { connection: "close", "content-type": "application/json" }));
  const spaces = new Uint8Array(chunkBytes).fill(0x20);
  while (!response.isClosed) {
    await response.write(spaces);
    await Bun.sleep(0);
  }
}

async function untilClosed(response: WireResponse): Promise<void> {
  while (!response.isClosed) await Bun.sleep(5);
}

function findRange(request: WireRequest, file: ServedFile): { start: number; end: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (!match) return undefined;
  const condition = request.headers.get("if-range");
  if (condition !== undefined && condition !== file.etag) return undefined;
  const last = match[2] === "" ? file.bytes.byteLength - 1 : Number(match[2]);
  return { start: Number(match[1]), end: Math.min(last + 1, file.bytes.byteLength) };
}

export function formatHead(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${statusTexts[status] ?? "Status"}\r\n${lines.join("")}\r\n`;
}

export async function sendText(
  response: WireResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const bytes = Buffer.from(body);
  await response.write(formatHead(status, { "content-length": String(bytes.byteLength), ...headers }));
  await response.write(bytes);
}
