import type { GgufHeader } from "../gguf/header.ts";
import { readRemoteHeader } from "../gguf/remote-header.ts";
import type { LayerRole } from "../record.ts";
import { createBackoff, type Timing } from "./backoff.ts";
import { TransientFailure } from "./http-errors.ts";
import type { PullPlan } from "./pull-plan.ts";
import { readChunks } from "./read-chunks.ts";
import { openRange, type RemoteFile } from "./remote-file.ts";
import { watchStall } from "./stall-watch.ts";

/** A file of a model that is elsewhere; weights with their header. */
export type InspectedFile = {
  readonly role: LayerRole;
  readonly label: string;
  readonly bytes: number;
  readonly header?: GgufHeader;
};

const weightRoles: ReadonlySet<LayerRole> = new Set(["model", "adapter"]);

/** Reads the headers of a model's weights where they are: a file of any size costs what its header costs. */
export async function inspectFiles(
  { files }: PullPlan,
  timing: Timing,
  signal: AbortSignal,
): Promise<readonly InspectedFile[]> {
  const inspected: InspectedFile[] = [];
  for (const { role, remote } of files) {
    const { label, bytes } = remote;
    const fetchRange = (start: number, end: number) => fetchBytes(remote, [start, end], timing, signal);
    const header = weightRoles.has(role) ? await readRemoteHeader(fetchRange, bytes, label) : undefined;
    inspected.push({ role, label, bytes, ...(header && { header }) });
  }
  return inspected;
}

async function fetchBytes(
  file: RemoteFile,
  range: readonly [start: number, end: number],
  timing: Timing,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const backoff = createBackoff(file.label, timing);
  for (;;) {
    try {
      using watch = watchStall(timing.clock, signal);
      const opened = await openRange(file, range, watch.signal);
      const chunks = readChunks(opened.body, watch);
      return await readPart(chunks, range[0] - opened.range[0], range[1] - range[0]);
    } catch (error) {
      await backoff.wait(error, 0, signal);
    }
  }
}

/** So many bytes after those to leave out; the rest is not fetched. */
async function readPart(
  chunks: AsyncIterable<Uint8Array>,
  skipBytes: number,
  wantedBytes: number,
): Promise<Uint8Array> {
  const result = new Uint8Array(wantedBytes);
  let position = -skipBytes;
  for await (const chunk of chunks) {
    const from = Math.max(0, -position);
    const part = chunk.subarray(from, from + wantedBytes - Math.max(0, position));
    result.set(part, Math.max(0, position));
    position += chunk.byteLength;
    if (position >= wantedBytes) return result;
  }
  throw new TransientFailure(`the connection ended ${wantedBytes - position} bytes early`);
}
