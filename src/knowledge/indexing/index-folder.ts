import { AppError } from "../../base/index.ts";
import { createDocumentBatch, type DocumentBatch } from "./document-batch.ts";
import type { FileMemory } from "./file-memory.ts";
import type { Place } from "./index-source.ts";
import type { IndexReport, SkippedFile } from "./index-types.ts";
import { type KnownFile, type KnownFiles, loadKnownFiles } from "./known-files.ts";
import { readDocument } from "./readers/read-document.ts";
import { removeLeft } from "./remove-left.ts";
import { hashContent, type IndexRun, toAttributes } from "./run.ts";
import { isWorkTree, listGitFiles } from "./sources/git-files.ts";
import { leaveOut } from "./sources/leave-out.ts";
import type { ListedEntry } from "./sources/listing.ts";
import type { PathFilter } from "./sources/path-filter.ts";
import { createFolderReader, type FolderReader } from "./sources/read-file.ts";
import { walkFolder } from "./sources/walk-folder.ts";

type FolderRun = IndexRun & { readonly filter: PathFilter; readonly memory?: FileMemory };
type FolderState = FolderRun & {
  readonly root: string;
  readonly reader: FolderReader;
  readonly batch: DocumentBatch;
  readonly known: KnownFiles;
  /** Files that were read and hold no text. */
  readonly unread: Set<string>;
};

/** Indexes a folder, or one file in it; tells how its files were found. */
export async function indexFolder(run: FolderRun, place: Place): Promise<IndexReport["listedBy"]> {
  const { knowledge, collection, signal, tally } = run;
  const { root, only } = place;
  const known = await loadKnownFiles(knowledge, { collection, ...place });
  const batch = createDocumentBatch(knowledge, { collection, tally, signal });
  const reader = createFolderReader(root, run);
  const state: FolderState = { ...run, root, reader, batch, known, unread: new Set() };
  if (only !== undefined) {
    await indexOnly(state, only);
    return "name";
  }
  const isGit = await isWorkTree(root);
  const listed = isGit ? listGitFiles(root, signal) : walkFolder(root, signal);
  for await (const entry of leaveOut(root, listed, signal)) {
    signal.throwIfAborted();
    await takeEntry(state, entry);
  }
  await batch.flush();
  await removeLeft(state);
  return isGit ? "git" : "walk";
}

/** A file that was named is refused with a reason instead of being passed over. */
async function indexOnly(state: FolderState, only: string): Promise<void> {
  const { known, batch, root } = state;
  known.keepAllBut(only);
  const stored = known.find(only);
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
  const { tally, filter, known, onProgress } = state;
  const { source } = entry;
  if (entry.type === "skipped" && source.endsWith("/")) known.keepBelow(source);
  if (!filter.isWanted(source.replace(/\/$/, ""))) {
    // What an earlier run with other patterns brought stays.
    known.keep(source);
    return tally.skip({ source, reason: "ignored", detail: "a pattern leaves it out" });
  }
  tally.counts.seen += 1;
  if (entry.type === "skipped") tally.skip(entry);
  else await takeFile(state, source);
  onProgress?.({ files: tally.counts.seen, chunks: tally.counts.chunks, source });
}

async function takeFile(state: FolderState, source: string): Promise<SkippedFile | undefined> {
  const { known, memory, reader, signal } = state;
  const stored = known.find(source);
  const stamp = memory && (await reader.stamp(source));
  if (stored?.isSettled && stamp && memory?.find(source, stamp) === stored.contentHash) {
    return leaveUnchanged(state, source, stored);
  }
  const file = await reader.read(source, signal);
  if (file.type === "skipped") {
    const { reason, detail } = file;
    // One that cannot be read now may still hold what is stored.
    if (reason === "unreadable") known.keep(source);
    return skip(state, { source, reason, detail });
  }
  const contentHash = hashContent(file.bytes);
  memory?.note(source, file.stamp, contentHash);
  if (stored?.isSettled && stored.contentHash === contentHash) return leaveUnchanged(state, source, stored);
  return await takeBytes(state, { source, bytes: file.bytes, contentHash });
}

function leaveUnchanged({ known, tally }: FolderState, source: string, { outerRoot }: KnownFile): undefined {
  known.keep(source);
  tally.counts.unchanged += 1;
  if (outerRoot !== undefined) tally.noteOuter(outerRoot);
}

type FileBytes = { readonly source: string; readonly bytes: Uint8Array; readonly contentHash: string };

async function takeBytes(state: FolderState, { source, bytes, contentHash }: FileBytes) {
  const { root, batch, known, unread, tally } = state;
  const read = await readDocument({ name: source, bytes }, state);
  if (read.type === "unread") {
    unread.add(source);
    return skip(state, { source, reason: read.reason, detail: read.detail });
  }
  const outerRoot = known.find(source)?.outerRoot;
  if (outerRoot !== undefined) tally.noteOuter(outerRoot);
  known.keep(source);
  const { chunks, attributes } = read;
  const document = { source, root, contentHash, chunks, attributes: toAttributes(source, attributes) };
  await batch.add(document, bytes.length);
  return undefined;
}

function skip({ tally }: FolderState, skipped: SkippedFile): SkippedFile {
  tally.skip(skipped);
  return skipped;
}
