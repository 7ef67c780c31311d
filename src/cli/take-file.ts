import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { AppError, EventQueue } from "../base/index.ts";
import type { ModelLibrary, WorkEvent } from "../models/index.ts";

const chunkBytes = 2 ** 20;
const reportEveryMs = 100;

/** Puts a file of this machine among the blobs, where its bytes are not there yet, and returns their digest. */
export async function* takeFile(
  library: Pick<ModelLibrary, "hasBlob" | "writeBlob">,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<WorkEvent, string, undefined> {
  const total = await measureFile(path);
  const digest = yield* reportWork(path, `reading ${path}`, total, async (report) => {
    const hash = createHash("sha256");
    for await (const chunk of readChunks(path, signal, report)) hash.update(chunk);
    return `sha256:${hash.digest("hex")}`;
  });
  if (await library.hasBlob(digest)) return digest;
  yield* reportWork(digest, `copying ${path}`, total, (report) =>
    library.writeBlob(digest, readChunks(path, signal, report), signal),
  );
  return digest;
}

async function measureFile(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new AppError("invalid_request", `${path} cannot be read; give the path of a .gguf file`, { cause });
  });
  if (found.isFile()) return found.size;
  throw new AppError("invalid_request", `${path} is not a regular file; give the path of a .gguf file`);
}

/** Events of a work that reports how many bytes it has come to. */
async function* reportWork<T>(
  digest: string,
  status: string,
  total: number,
  work: (report: (completed: number) => void) => Promise<T>,
): AsyncGenerator<WorkEvent, T, undefined> {
  const events = new EventQueue<WorkEvent>();
  let reportedAtMs = Number.NEGATIVE_INFINITY;
  const working = work((completed) => {
    if (completed < total && performance.now() - reportedAtMs < reportEveryMs) return;
    reportedAtMs = performance.now();
    events.push({ type: "progress", digest, status, total, completed });
  }).finally(() => events.close());
  working.catch(() => undefined);
  yield* events;
  return await working;
}

async function* readChunks(
  path: string,
  signal: AbortSignal,
  report: (completed: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let completed = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes, signal })) {
    completed += chunk.length;
    yield chunk;
    report(completed);
  }
}
