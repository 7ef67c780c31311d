import { AppError } from "../../base/index.ts";
import { createDocumentBatch } from "./document-batch.ts";
import { readDocument } from "./readers/read-document.ts";
import { hashContent, type IndexRun, toAttributes } from "./run.ts";
import { fetchPage, parsePageAddress } from "./sources/fetch-page.ts";

const readable = /^(?:text\/|application\/(?:xhtml\+xml|pdf|json|xml|yaml|toml|javascript|typescript)$)/;

type PageRun = IndexRun & {
  /** Makes the collection ready; called once the page is there. */
  prepare(): Promise<void>;
};

/** Indexes one page under its address. A page that is gone is removed where it was indexed before. */
export async function indexPage(
  { knowledge, collection, tally, signal, pdfReader, maxBytes, prepare }: PageRun,
  address: string,
): Promise<{ readonly root: string }> {
  const url = parsePageAddress(address);
  const root = url.href;
  const page = await fetchPage(url, { maxBytes, signal });
  if (page.type === "gone") {
    const isThere = (await knowledge.collections.find(collection)) !== undefined;
    const removed = isThere ? await knowledge.documents.removeSources(collection, [root], root) : 0;
    if (removed === 0) throw new AppError("not_found", `${root} answered with the status ${page.status}`);
    tally.counts.removed += removed;
    return { root };
  }
  const { bytes, mediaType } = page;
  if (!readable.test(mediaType)) {
    throw new AppError(
      "unsupported_media_type",
      `${root} is ${mediaType}, which is not read; give a page of text, HTML or PDF`,
    );
  }
  tally.counts.seen += 1;
  const document = { name: url.pathname, bytes, mediaType, ...(page.charset && { charset: page.charset }) };
  const read = await readDocument(document, { pdfReader, signal });
  if (read.type === "unread") {
    const code = read.reason === "too_large" ? "body_too_large" : "invalid_request";
    throw new AppError(code, `${root} cannot be indexed: ${read.detail}`);
  }
  await prepare();
  const batch = createDocumentBatch(knowledge, { collection, tally, signal });
  const { chunks, attributes } = read;
  const contentHash = hashContent(bytes);
  const named = { source: root, root, attributes: toAttributes(root, attributes) };
  await batch.add({ ...named, contentHash, chunks }, bytes.length);
  await batch.flush();
  return { root };
}
