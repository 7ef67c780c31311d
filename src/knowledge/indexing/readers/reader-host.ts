/**
 * The process that reads PDF files. A file can keep the parser busy or fill its memory; the other side kills this
 * process for it and nothing else is lost.
 */
import { serveHost } from "../../../process/index.ts";
import type { FromReader, ToReader } from "./pdf-protocol.ts";

const maxTitleChars = 500;

/** Answers the other side until it goes away. */
export function runReaderHost(): void {
  const channel = serveHost<ToReader, FromReader>({
    onMessage: (message) => void read(message).then((said) => channel.send(said)),
  });
  channel.send({ type: "ready" });

  async function read({ id, bytes, maxPages }: ToReader): Promise<FromReader> {
    try {
      return await readPages({ id, bytes, maxPages }, (page, text) =>
        channel.send({ type: "page", id, page, text }),
      );
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { type: "failed", id, reason: "unreadable", detail: describe(detail) };
    }
  }
}

/** The library asks for its own address, which only a module that is a file of its own has; so it is kept as one. */
async function loadParser(): Promise<typeof import("unpdf/pdfjs")> {
  const file: unknown = await import("unpdf/pdfjs", { with: { type: "file" } });
  const { default: path } = file as { readonly default: string };
  return await import(path);
}

type Asked = Omit<ToReader, "type">;

async function readPages(
  { id, bytes, maxPages }: Asked,
  onPage: (page: number, text: string) => void,
): Promise<FromReader> {
  const { getDocument } = await loadParser();
  // A copy: the library refuses the Buffer that a message may carry.
  const data = new Uint8Array(bytes);
  const document = await getDocument({ data, disableFontFace: true, verbosity: 0 }).promise;
  const pages = document.numPages;
  if (pages > maxPages) {
    const detail = `it has ${pages} pages, and at most ${maxPages} are read`;
    return { type: "failed", id, reason: "too_large", detail };
  }
  for (let page = 1; page <= pages; page++) {
    const loaded = await document.getPage(page);
    const { items } = await loaded.getTextContent();
    onPage(page, joinItems(items));
    loaded.cleanup();
  }
  const { info } = await document.getMetadata().catch(() => ({ info: {} }));
  const title = "Title" in info && typeof info.Title === "string" ? info.Title.slice(0, maxTitleChars) : "";
  return { type: "end", id, pages, title };
}

/** Items are runs of text; the parser says after which a line ends. */
function joinItems(items: readonly object[]): string {
  let text = "";
  for (const item of items) {
    if ("str" in item && typeof item.str === "string") text += item.str;
    if ("hasEOL" in item && item.hasEOL === true) text += "\n";
  }
  return text;
}

function describe(message: string): string {
  return /password/i.test(message) ? "it is locked with a password" : message;
}
