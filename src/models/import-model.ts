import { resolve } from "node:path";
import { AppError } from "../base/index.ts";
import { describeFile } from "./file-model.ts";
import type { WorkEvent } from "./library.ts";
import type { StoreDoor } from "./open-store.ts";
import { createProgressFeed } from "./pull/progress-feed.ts";
import type { ModelLayer } from "./record.ts";
import type { PutLayer } from "./store/manifest.ts";

export type ImportOptions = {
  /** Canonical. */
  readonly name: string;
  /** Only remembers where the file is. */
  readonly inPlace: boolean;
  readonly signal: AbortSignal;
};

/** Takes a model or an adapter of this machine in: by hard link, reflink or copy, or in place. */
export async function* importModel(
  door: StoreDoor,
  path: string,
  options: ImportOptions,
): AsyncGenerator<WorkEvent, void, undefined> {
  const origin = resolve(path);
  const { name } = options;
  const { layers: files, summary } = describeFile(origin, { name, source: "imported" });
  const layers: PutLayer[] = [];
  for (const file of files) layers.push(options.inPlace ? file : yield* takeFile(door, file, options.signal));
  yield { type: "status", status: "writing manifest" };
  const { models } = await door.toWrite();
  const record = await models.put({ name, source: "imported", origin, layers, settings: {}, summary });
  yield { type: "done", record };
}

async function* takeFile(
  { blobs }: StoreDoor,
  { role, path, bytes: total }: ModelLayer,
  signal: AbortSignal,
): AsyncGenerator<WorkEvent, PutLayer, undefined> {
  const feed = createProgressFeed();
  const leaving = new AbortController();
  const onProgress = (completed: number) =>
    feed.push({ type: "progress", digest: path, status: `hashing ${path}`, total, completed });
  const untilLeft = AbortSignal.any([signal, leaving.signal]);
  const taking = blobs.take(path, { signal: untilLeft, onProgress }).finally(() => feed.close());
  const settled = taking.catch(() => undefined);
  try {
    yield* feed.events();
    const { digest, bytes, how } = await taking;
    yield { type: "status", status: how === "present" ? `${digest} is there` : `${digest} by ${how}` };
    return { role, digest, bytes };
  } finally {
    leaving.abort(new AppError("cancelled", "the import was left"));
    await settled;
  }
}
