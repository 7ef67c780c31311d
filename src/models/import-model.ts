import { resolve } from "node:path";
import { EventQueue } from "../base/index.ts";
import { describeFile } from "./file-model.ts";
import type { WorkEvent } from "./library.ts";
import type { StoreDoor } from "./open-store.ts";
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
  const events = new EventQueue<WorkEvent>();
  const onProgress = (completed: number) =>
    events.push({ type: "progress", digest: path, status: `hashing ${path}`, total, completed });
  const taking = blobs.take(path, { signal, onProgress }).finally(() => events.close());
  taking.catch(() => undefined);
  yield* events;
  const { digest, bytes, how } = await taking;
  yield { type: "status", status: how === "present" ? `${digest} is there` : `${digest} by ${how}` };
  return { role, digest, bytes };
}
