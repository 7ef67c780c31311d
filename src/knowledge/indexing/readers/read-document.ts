import type { JsonObject } from "../../../contract/index.ts";
import { maxChunks } from "../../documents/check-document.ts";
import type { Chunk } from "../../knowledge.ts";
import { outlineByGrammar } from "../chunking/grammar.ts";
import { outlineByIndent } from "../chunking/indent-outline.ts";
import { findLanguage, type Language, pdf } from "../chunking/languages.ts";
import { createLines, type Lines } from "../chunking/lines.ts";
import { outlineMarkdown } from "../chunking/markdown-outline.ts";
import type { Outline } from "../chunking/outline.ts";
import { splitLines } from "../chunking/split-lines.ts";
import { createPace, type Pace } from "../pace.ts";
import { joinBlocks } from "./blocks.ts";
import { decodeText } from "./decode-text.ts";
import type { PdfReader } from "./pdf-reader.ts";
import { readHtml } from "./read-html.ts";

/** Headings that are kept of a document. */
const maxHeadings = 200;
const maxHeadingChars = 200;
const maxPurposeChars = 200;
/** Texts that are longer are cut at blank lines alone. */
const maxOutlinedChars = 1_048_576;

export type DocumentBytes = {
  /** A path or an address; its ending tells the language. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Without parameters, in lower case. */
  readonly mediaType?: string;
  readonly charset?: string;
};

export type Unread = {
  readonly type: "unread";
  readonly reason: "binary" | "too_large" | "unreadable" | "empty";
  /** Goes on from the name: "it holds …". */
  readonly detail: string;
};

export type ReadText = {
  readonly type: "read";
  readonly chunks: readonly Chunk[];
  readonly attributes: JsonObject;
};

type Content = { readonly chunks: readonly Chunk[]; readonly purpose?: string; readonly more?: JsonObject };

/** The chunks of a document and what is known of it. Lines of a PDF file are its pages. */
export async function readDocument(
  document: DocumentBytes,
  { pdfReader, signal }: { readonly pdfReader: PdfReader; readonly signal: AbortSignal },
): Promise<ReadText | Unread> {
  const pace = createPace(signal);
  const language = isPdf(document.bytes) ? pdf : findLanguage(document.name, document.mediaType);
  const content =
    language.form === "pdf"
      ? await readPdf(document.bytes, pdfReader, signal)
      : await readText(document, language, pace);
  if ("type" in content) return content;
  const { chunks, purpose = "", more } = content;
  if (chunks.length === 0) return { type: "unread", reason: "empty", detail: "it holds no text" };
  if (chunks.length > maxChunks) {
    const detail = `its text makes ${chunks.length} chunks, and at most ${maxChunks} are taken`;
    return { type: "unread", reason: "too_large", detail };
  }
  const { name, category } = language;
  const attributes = { language: name, category, purpose: purpose.slice(0, maxPurposeChars), ...more };
  return { type: "read", chunks, attributes };
}

async function readPdf(bytes: Uint8Array, reader: PdfReader, signal: AbortSignal): Promise<Content | Unread> {
  const text = await reader.read(bytes, signal);
  if (text.type === "failed") return { type: "unread", reason: text.reason, detail: text.detail };
  const { blocks, title, pages } = text;
  return { chunks: joinBlocks(blocks), purpose: title, more: { line_unit: "page", pages } };
}

async function readText(
  { bytes, charset }: DocumentBytes,
  language: Language,
  pace: Pace,
): Promise<Content | Unread> {
  const text = decodeText(bytes, charset ?? (language.form === "html" ? findHtmlCharset(bytes) : undefined));
  if (text === undefined) return { type: "unread", reason: "binary", detail: "it is no text" };
  if (language.form === "html") {
    const page = await readHtml(text, pace);
    if (!page) return { type: "unread", reason: "unreadable", detail: "its elements nest too deep" };
    return { chunks: joinBlocks(page.blocks), purpose: page.title };
  }
  const lines = createLines(text);
  if (language.form === "markdown") return await readMarkdown(lines, pace);
  const outline = await outlineCode(lines, language, pace);
  return { chunks: await splitLines(lines, outline, pace) };
}

async function readMarkdown(lines: Lines, pace: Pace): Promise<Content> {
  const found = await outlineMarkdown(lines, pace);
  const chunks = await splitLines(lines, found?.outline, pace);
  const headings = (found?.headings ?? []).slice(0, maxHeadings);
  const [first] = headings;
  return {
    chunks,
    ...(first && { purpose: first.path.at(-1) ?? "" }),
    more: {
      headings: headings.map(({ line, path }) => ({
        line,
        path: path.join(" > ").slice(0, maxHeadingChars),
      })),
    },
  };
}

async function outlineCode(lines: Lines, language: Language, pace: Pace): Promise<Outline | undefined> {
  if (language.form === "text" || lines.text.length > maxOutlinedChars) return undefined;
  const outline =
    language.form === "grammar" ? await outlineByGrammar(lines, language.name, pace) : undefined;
  return outline ?? outlineByIndent(lines, { from: 1, to: lines.count });
}

function isPdf(bytes: Uint8Array): boolean {
  return (
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 5)).toString("latin1") === "%PDF-"
  );
}

/** As a browser does, in the first bytes alone. */
function findHtmlCharset(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1_024)).toString("latin1");
  return /<meta[^>]{0,200}charset=["']?([\w-]{1,40})/i.exec(start)?.[1];
}
