import { type Bulkhead, createBulkhead } from "../../resilience/index.ts";
import type { NewDocument } from "../knowledge.ts";
import type { FileMemory } from "./file-memory.ts";
import type { IndexOptions, IndexReport, IndexRequest, SkipReason } from "./index-types.ts";
import { createPdfReader, type PdfReader, type PdfReaderOptions } from "./readers/pdf-reader.ts";
import { hashContent, type IndexStore, toAttributes } from "./run.ts";
import { parseContentType } from "./sources/content-type.ts";

/** Each PDF file that clients send takes a process of its own. */
const maxPdfReaders = 2;
const maxWaitingPdfs = 32;

export type Content = {
  /** A path, an address or a name; its ending tells the language where there is no content type. */
  readonly source: string;
  readonly bytes: Uint8Array;
  /** As in HTTP, with or without a charset. */
  readonly contentType?: string;
};

/** `reason` goes on from the name: "it holds no text". */
export type Unprepared = { readonly skipped: SkipReason; readonly reason: string };

export type Indexing = {
  /** Brings a collection up to date with a folder, a file or a page; `memory` is of earlier runs over the same root. */
  index(
    request: IndexRequest,
    options: IndexOptions & { readonly memory?: FileMemory },
  ): Promise<IndexReport>;
  /** A text, a page or a PDF file as a document to add. Throws AppError queue_full where too many PDF files wait. */
  prepare(content: Content, signal: AbortSignal): Promise<Omit<NewDocument, "root"> | Unprepared>;
};

export type IndexingDeps = {
  readonly knowledge: IndexStore;
  readonly pdf?: PdfReaderOptions;
};

export function createIndexing({ knowledge, pdf }: IndexingDeps): Indexing {
  const places = createBulkhead({
    name: "reading PDF files",
    maxConcurrent: maxPdfReaders,
    maxWaiting: maxWaitingPdfs,
  });
  const nowMs = () => performance.now();
  return {
    async index(request, { memory, ...options }) {
      const { indexSource } = await import("./index-source.ts");
      const parts = { knowledge, nowMs, ...(memory && { memory }), ...(pdf && { pdf }) };
      return await indexSource(parts, request, options);
    },
    async prepare({ source, bytes, contentType }, signal) {
      const { readDocument } = await import("./readers/read-document.ts");
      const pdfReader = createSingleReader(places, pdf);
      const document = {
        name: source,
        bytes,
        ...(contentType !== undefined && parseContentType(contentType)),
      };
      const read = await readDocument(document, { pdfReader, signal });
      if (read.type === "unread") return { skipped: read.reason, reason: read.detail };
      const attributes = toAttributes(source, read.attributes);
      return { source, chunks: read.chunks, contentHash: hashContent(bytes), attributes };
    },
  };
}

/** A reader whose process ends with the file, in one of a few places. */
function createSingleReader(places: Bulkhead, options: PdfReaderOptions | undefined): PdfReader {
  return {
    async read(bytes, signal) {
      using _place = await places.enter(signal);
      using reader = createPdfReader(options);
      return await reader.read(bytes, signal);
    },
    [Symbol.dispose]: () => undefined,
  };
}
