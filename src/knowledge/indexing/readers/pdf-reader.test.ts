import { afterAll, describe, expect, test } from "bun:test";
import { childrenOf, waitUntil } from "../../../testing/index.ts";
import { readerCommand, writePdf } from "./pdf.fixture.ts";
import { createPdfReader, type PdfReaderOptions } from "./pdf-reader.ts";
import { readDocument } from "./read-document.ts";

const reader = createPdfReader({ command: readerCommand });
afterAll(() => reader[Symbol.dispose]());
const { signal } = new AbortController();

async function readOnce(bytes: Uint8Array, options: PdfReaderOptions) {
  using own = createPdfReader({ command: readerCommand, ...options });
  return await own.read(bytes, signal);
}

describe("a PDF file", () => {
  test("is its text, cited by page", async () => {
    const bytes = writePdf([["The first page", "has two lines."], ["The second page"]], { title: "Manual" });
    const read = await readDocument({ name: "manual.pdf", bytes }, { pdfReader: reader, signal });
    expect(read).toEqual({
      type: "read",
      chunks: [{ text: "The first page\nhas two lines.\n\nThe second page", startLine: 1, endLine: 2 }],
      attributes: {
        ...{ language: "pdf", category: "documentation", purpose: "Manual" },
        ...{ line_unit: "page", pages: 2 },
      },
    });
  });

  test("is known by its first bytes, whatever its name", async () => {
    const bytes = writePdf([["Hello"]]);
    const read = await readDocument({ name: "download", bytes }, { pdfReader: reader, signal });
    expect(read).toMatchObject({ attributes: { language: "pdf" } });
  });

  test("without text is empty, as a scan is", async () => {
    const read = await readDocument(
      { name: "scan.pdf", bytes: writePdf([[]]) },
      { pdfReader: reader, signal },
    );
    expect(read).toMatchObject({ type: "unread", reason: "empty" });
  });

  test("that is broken is unreadable, and the next one is read", async () => {
    const broken = await reader.read(Buffer.from("%PDF-1.7\nthis is no file"), signal);
    expect(broken).toMatchObject({ type: "failed", reason: "unreadable" });
    expect(await reader.read(writePdf([["Fine"]]), signal)).toMatchObject({ type: "text", pages: 1 });
  });
});

describe("a file made to hurt", () => {
  test("that unfolds to a gigabyte ends the reader's process, not this one", async () => {
    const bomb = Buffer.alloc(400_000_000, "(x) Tj ");
    const bytes = writePdf([], { streams: [bomb] });
    expect(bytes.length).toBeLessThan(4_000_000);
    const read = await readOnce(bytes, { memoryBytes: 300_000_000, pageMs: 30_000 });
    expect(read).toMatchObject({ type: "failed", reason: "too_large" });
  }, 60_000);

  test("that takes longer than it may is given up", async () => {
    const busy = Buffer.from(`BT /F1 12 Tf\n${"1 0 0 1 0 0 Tm (x) Tj ".repeat(3_000_000)}ET`);
    const started = performance.now();
    const read = await readOnce(writePdf([], { streams: [busy] }), { pageMs: 300 });
    expect(read).toMatchObject({ type: "failed", reason: "too_large" });
    expect(performance.now() - started).toBeLessThan(10_000);
  }, 60_000);

  test("of more pages than are read is refused", async () => {
    const bytes = writePdf([["one"], ["two"], ["three"]]);
    expect(await readOnce(bytes, { maxPages: 2 })).toEqual({
      ...{ type: "failed", reason: "too_large" },
      detail: "it has 3 pages, and at most 2 are read",
    });
  });

  test("of more text than is taken is refused", async () => {
    const bytes = writePdf([["x".repeat(500)], ["y".repeat(600)]]);
    expect(await readOnce(bytes, { maxChars: 100 })).toMatchObject({ type: "failed", reason: "too_large" });
  });
});

test("a reader that is stopped leaves no process behind", async () => {
  const before = childrenOf(process.pid);
  const stopping = new AbortController();
  const own = createPdfReader({ command: readerCommand });
  const busy = Buffer.from(`BT /F1 12 Tf\n${"1 0 0 1 0 0 Tm (x) Tj ".repeat(1_000_000)}ET`);
  const work = own.read(writePdf([], { streams: [busy] }), stopping.signal);
  const [started, ...others] = childrenOf(process.pid).filter((pid) => !before.includes(pid));
  expect({ started, others }).toEqual({ started: expect.any(Number), others: [] });
  stopping.abort(new Error("enough"));
  await expect(work).rejects.toThrow("enough");
  await waitUntil("its process is gone", () => !childrenOf(process.pid).includes(started ?? 0));
});
