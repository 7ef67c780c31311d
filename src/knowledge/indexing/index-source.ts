/**
 * Brings a collection up to date with a folder, a file or a page. Each document is stored whole under its path and the
 * hash of its content, so that a run that was stopped, or killed, goes on with the next: what is stored already is left
 * as it is. What the root no longer holds is removed at the end of a run that saw all of it. Of folders in one another
 * the outermost that was indexed keeps a file, so that a collection holds it once.
 */
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { AppError, errnoOf } from "../../base/index.ts";
import type { FileMemory } from "./file-memory.ts";
import { indexFolder } from "./index-folder.ts";
import { indexPage } from "./index-page.ts";
import {
  defaultMaxFileBytes,
  type IndexOptions,
  type IndexReport,
  type IndexRequest,
  largestMaxFileBytes,
} from "./index-types.ts";
import { prepareCollection } from "./prepare-collection.ts";
import { createPdfReader, type PdfReaderOptions } from "./readers/pdf-reader.ts";
import { createTally } from "./report.ts";
import type { IndexStore } from "./run.ts";
import { createPathFilter } from "./sources/path-filter.ts";

export type IndexDeps = {
  readonly knowledge: IndexStore;
  readonly nowMs: () => number;
  /** Of an earlier run over the same root. */
  readonly memory?: FileMemory;
  readonly pdf?: PdfReaderOptions;
};

/** Throws AppError: not_found, invalid_request, conflict (another embedding model), disk_full, download_failed, cancelled. */
export async function indexSource(
  { knowledge, nowMs, memory, pdf }: IndexDeps,
  request: IndexRequest,
  { onProgress, signal }: IndexOptions,
): Promise<IndexReport> {
  const startedMs = nowMs();
  const maxBytes = checkMaxBytes(request.maxFileBytes ?? defaultMaxFileBytes);
  const filter = createPathFilter(request);
  const { collection } = request;
  const tally = createTally();
  using pdfReader = createPdfReader(pdf);
  const run = {
    knowledge,
    collection,
    tally,
    signal,
    pdfReader,
    maxBytes,
    ...(onProgress && { onProgress }),
  };
  const prepare = async () => void (await prepareCollection(knowledge, request, signal));
  if (/^https?:\/\//i.test(request.source)) {
    const { root } = await indexPage({ ...run, prepare }, request.source);
    return tally.toReport({ collection, root, listedBy: "address", durationMs: nowMs() - startedMs });
  }
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(request.source)) {
    const message = `${request.source} is neither a path nor an http or https address`;
    throw new AppError("invalid_request", message);
  }
  const place = await findPlace(request.source);
  await prepare();
  const listedBy = await indexFolder({ ...run, filter, ...(memory && { memory }) }, place);
  return tally.toReport({ collection, root: place.root, listedBy, durationMs: nowMs() - startedMs });
}

function checkMaxBytes(maxBytes: number): number {
  if (Number.isSafeInteger(maxBytes) && maxBytes >= 1 && maxBytes <= largestMaxFileBytes) return maxBytes;
  const message = `maxFileBytes: expected 1 to ${largestMaxFileBytes}, got ${maxBytes}`;
  throw new AppError("invalid_request", message);
}

export type Place = {
  readonly root: string;
  /** The one file that was named; its folder is the root. */
  readonly only?: string;
};

async function findPlace(path: string): Promise<Place> {
  const asked = resolve(path);
  try {
    const real = await realpath(asked);
    const status = await stat(real);
    if (status.isDirectory()) return { root: real };
    if (status.isFile()) return { root: dirname(real), only: basename(real) };
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw toPathFault(asked, error);
    // A file that is gone may have been indexed before.
    const folder = await realpath(dirname(asked)).catch(() => undefined);
    if (folder !== undefined) return { root: folder, only: basename(asked) };
    throw new AppError("not_found", `there is no file or folder ${asked}`, { cause: error });
  }
  throw new AppError("invalid_request", `${asked} is neither a file nor a folder`);
}

function toPathFault(path: string, cause: unknown): unknown {
  const code = errnoOf(cause);
  if (code === undefined) return cause;
  if (code === "EACCES" || code === "EPERM") {
    return new AppError("forbidden", `${path} may not be read by this user`, { cause });
  }
  return new AppError("invalid_request", `${path} cannot be read: ${code}`, { cause });
}
