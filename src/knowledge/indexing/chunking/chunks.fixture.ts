import type { Chunk } from "../../knowledge.ts";
import type { PdfReader } from "../readers/pdf-reader.ts";
import { readDocument } from "../readers/read-document.ts";

const noPdf: PdfReader = {
  read: async () => ({
    type: "failed",
    reason: "unreadable",
    detail: "there is no reader of PDF files here",
  }),
  [Symbol.dispose]: () => undefined,
};

/** What a text of this name reads as, without a process for PDF files. */
export async function readText(name: string, text: string | Uint8Array) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return await readDocument({ name, bytes }, { pdfReader: noPdf, signal: new AbortController().signal });
}

/** Throws where the text is not taken. */
export async function chunksOf(name: string, text: string): Promise<readonly Chunk[]> {
  const read = await readText(name, text);
  if (read.type === "unread") throw new Error(`${name}: ${read.detail}`);
  return read.chunks;
}
