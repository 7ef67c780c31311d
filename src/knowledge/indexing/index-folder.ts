import { AppError } from "../../base/index.ts";
import { createDocumentBatch, type DocumentBatch } from "./document-batch.ts";
import type { FileMemory } from "./file-memory.ts";
import type { Place } from "./index-source.ts";
import type { IndexReport, SkippedFile } from "./index-types.ts";
import { readDocument } from "./readers/read-document.ts";
import { hashContent, type IndexRun, toAttributes } from "./run.ts";
import { isWorkTree, listGitFiles } from "./sources/git-files.ts";
import type { ListedEntry } from "./sources/listing.ts";
import type { PathFilter } from "./sources/path-filter.ts";
import { createFolderReader, type FolderReader } from "./sources/read-file.ts";
import { walkFolder } from "./sources/walk-folder.ts";

/** Sources that are removed at once. */
const removeBatch = 200;

type FolderRun = IndexRun & { readonly filter: PathFilter; readonly memory?: FileMemory };
type FolderState = FolderRun & {
  readonly root: string;
  readonly reader: FolderReader;
  readonly batch: DocumentBatch;
  /** Source to hash of what is stored and was not met yet; what stays is gone. */
  readonly left: Map<string, string>;
};

/** Indexes a folder, or one file in it; tells how its files were found. */
export async function indexFolder(run: FolderRun, place: Place): Promise<IndexReport["listedBy"]> {
  const { knowledge, collection, signal, tally } = run;
  const { root, only } = place;
  const left = new Map(await knowledge.documents.hashes(collection, root));
  const batch = createDocumentBatch(knowledge, { collection, tally, signal });
  const reader = createFolderReader(root, run);
  const state: FolderState = { ...run, root, reader, batch, left };
  if (only !== undefined) {
    await indexOnly(state, only);
    return "name";
  }
  const isGit = await isWorkTree(root);
  for await (const entry of isGit ? listGitFiles(root, signal) : walkFolder(root, signal)) {
    signal.throwIfAborted();
    await takeEntry(state, entry);
  }
  await batch.flush();
  await removeLeft(state);
  return isGit ? "git" : "walk";
}

/** A file that was named is refused with a reason instead of being passed over. */
async function indexOnly(state: FolderState, only: string): Promise<void> {
  const { left, batch, root } = state;
  const stored = left.has(only);
  for (const source of left.keys()) if (source !== only) left.delete(source);
  const skipped = await takeFile(state, only);
  await batch.flush();
  if (skipped?.reason === "vanished" && !stored) {
    throw new AppError("not_found", `there is no file or folder ${root}/${only}`);
  }
  if (skipped && skipped.reason !== "vanished") {
    const message = `${only} cannot be indexed: ${skipped.detail}`;
    throw new AppError(skipped.reason === "too_large" ? "body_too_large" : "invalid_request", message);
  }
  await removeLeft(state);
}

async function takeEntry(state: FolderState, entry: ListedEntry): Promise<void> {
  const { tally, filter, left, onProgress } = state;
  const { source } = entry;
  if (entry.type === "skipped" && source.endsWith("/")) keepBelow(left, source);
  if (!filter.isWanted(source.replace(/\/$/, ""))) {
    // What an earlier run with other patterns brought stays.
    left.delete(source);
    return tally.skip({ source, reason: "ignored", detail: "a pattern leaves it out" });
  }
  tally.counts.seen += 1;
  if (entry.type === "skipped") tally.skip(entry);
  else await takeFile(state, source);
  onProgress?.({ files: tally.counts.seen, chunks: tally.counts.chunks, source });
}

/** Of a folder that could not be looked into, nobody knows what is gone. */
function keepBelow(left: Map<string, string>, folder: string): void {
  for (const source of left.keys()) if (source.startsWith(folder)) left.delete(source);
}

async function takeFile(state: FolderState, source: string): Promise<SkippedFile | undefined> {
  const { tally, left, memory, reader, signal } = state;
  const storedHash = left.get(source);
  const stamp = memory && (await reader.stamp(source));
  if (stamp && storedHash !== undefined && memory?.find(source, stamp) === storedHash) {
    left.delete(source);
    tally.counts.unchanged += 1;
    return undefined;
  }
  const file = await reader.read(source, signal);
  if (file.type === "skipped") {
    // One that cannot be read now may still hold what is stored.
    if (file.reason === "unreadable") left.delete(source);
    return skip(state, { source, reason: file.reason, detail: file.detail });
  }
  const contentHash = hashContent(file.bytes);
  memory?.note(source, file.stamp, contentHash);
  if (contentHash === storedHash) {
    left.delete(source);
    tally.counts.unchanged += 1;
    return undefined;
  }
  return await takeBytes(state, { source, bytes: file.bytes, contentHash });
}

type FileBytes = { readonly source: string; readonly bytes: Uint8Array; readonly contentHash: string };

async function takeBytes(state: FolderState, { source, bytes, contentHash }: FileBytes) {
  const { root, batch, left, tally } = state;
  const read = await readDocument({ name: source, bytes }, state);
  if (read.type === "unread") return skip(state, { source, reason: read.reason, detail: read.detail });
  left.delete(source);
  tally.counts.bytes += bytes.length;
  const { chunks, attributes } = read;
  await batch.add({ source, root, contentHash, chunks, attributes: toAttributes(source, attributes) });
  return undefined;
}

function skip({ tally }: FolderState, skipped: SkippedFile): SkippedFile {
  tally.skip(skipped);
  return skipped;
}

/** Removes what was stored of the root and is there no more. */
async function removeLeft({ knowledge, collection, root, left, tally, signal, filter }: FolderState) {
  const gone = [...left.keys()].filter((source) => filter.isWanted(source));
  for (let at = 0; at < gone.length; at += removeBatch) {
    signal.throwIfAborted();
    const sources = gone.slice(at, at + removeBatch);
    tally.counts.removed += await knowledge.documents.removeSources(collection, sources, root);
  }
}
