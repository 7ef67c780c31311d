import { AppError, toAppError } from "../../base/index.ts";
import type { NewDocument } from "../knowledge.ts";
import type { Tally } from "./report.ts";
import type { IndexStore } from "./run.ts";

/** A batch is stored once it has so many documents, chunks or characters: a slow model takes a minute for it, in which nothing is told. */
const batchDocuments = 64;
const batchChunks = 128;
const batchChars = 1_048_576;

/** Documents on their way into a collection. One that it refuses is counted and keeps no other out. */
export type DocumentBatch = {
  add(document: NewDocument, bytes: number): Promise<void>;
  flush(): Promise<void>;
};

type Waiting = { readonly document: NewDocument; readonly bytes: number };

export function createDocumentBatch(
  { documents }: Pick<IndexStore, "documents">,
  {
    collection,
    tally,
    signal,
  }: { readonly collection: string; readonly tally: Tally; readonly signal: AbortSignal },
): DocumentBatch {
  let waiting: Waiting[] = [];
  let chunks = 0;
  let chars = 0;

  async function store(batch: readonly Waiting[]): Promise<void> {
    const given = batch.map(({ document }) => document);
    const added = await documents.add(collection, given, signal);
    const statuses = new Map(added.map(({ source, status }) => [source, status]));
    for (const { document, bytes } of batch) {
      const status = statuses.get(document.source) ?? "unchanged";
      tally.counts[status] += 1;
      if (status === "unchanged") continue;
      tally.counts.chunks += document.chunks.length;
      tally.counts.bytes += bytes;
    }
  }
  async function storeEach(batch: readonly Waiting[]): Promise<void> {
    for (const each of batch) {
      try {
        await store([each]);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const detail = toAppError(error).message;
        tally.skip({ source: each.document.source, reason: "refused", detail });
      }
    }
  }
  async function flush(): Promise<void> {
    const batch = waiting;
    [waiting, chunks, chars] = [[], 0, 0];
    if (batch.length === 0) return;
    try {
      await store(batch);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await storeEach(batch);
    }
  }
  return {
    async add(document, bytes) {
      waiting.push({ document, bytes });
      chunks += document.chunks.length;
      for (const { text } of document.chunks) chars += text.length;
      if (waiting.length >= batchDocuments || chunks >= batchChunks || chars >= batchChars) await flush();
    },
    flush,
  };
}

/** What is wrong with one document, not with the collection or the disk. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof AppError && (error.code === "invalid_request" || error.code === "context_limit_exceeded")
  );
}
