import { join } from "node:path";
import { deflateSync } from "node:zlib";

/** Runs the reader's process from source, whatever roles this program has. */
export const readerCommand: readonly string[] = [
  process.execPath,
  "--no-env-file",
  join(import.meta.dir, "reader-host.fixture.ts"),
];

type PdfParts = {
  readonly title?: string;
  /** Content streams in place of the pages' text. */
  readonly streams?: readonly Buffer[];
  /** The page count that the file claims. */
  readonly count?: number;
  /** What each page has beside its content. */
  readonly pageExtra?: string;
};

/** A PDF file of these lines, a page for each list. */
export function writePdf(pages: readonly (readonly string[])[], parts: PdfParts = {}): Buffer {
  const contents = parts.streams ?? pages.map(toStream);
  const objects: (string | Buffer)[] = ["<< /Type /Catalog /Pages 2 0 R >>", ""];
  const kids: string[] = [];
  objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  objects.push(`<< /Title (${parts.title ?? ""}) >>`);
  for (const content of contents) {
    const packed = deflateSync(content, { level: 9 });
    const start = Buffer.from(`<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n`);
    objects.push(Buffer.concat([start, packed, Buffer.from("\nendstream")]));
    const resources = "/Resources << /Font << /F1 3 0 R >> >>";
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] ${resources} /Contents ${objects.length} 0 R ${parts.pageExtra ?? ""}>>`,
    );
    kids.push(`${objects.length} 0 R`);
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(" ")}] /Count ${parts.count ?? kids.length} >>`;
  return joinObjects(objects);
}

function toStream(lines: readonly string[]): Buffer {
  const shown = lines.map((line) => `(${line.replace(/[()\\]/g, "\\$&")}) Tj 0 -16 Td`).join("\n");
  return Buffer.from(`BT /F1 12 Tf 72 720 Td\n${shown}\nET`, "latin1");
}

function joinObjects(objects: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from("%PDF-1.4\n")];
  const offsets: number[] = [];
  let size = parts[0]?.length ?? 0;
  const push = (part: Buffer) => {
    parts.push(part);
    size += part.length;
  };
  for (const [index, object] of objects.entries()) {
    offsets.push(size);
    push(
      Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from("\nendobj\n")]),
    );
  }
  const start = size;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const trailer = `trailer << /Size ${objects.length + 1} /Root 1 0 R /Info 4 0 R >>`;
  push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}${trailer}\nstartxref\n${start}\n%%EOF`,
    ),
  );
  return Buffer.concat(parts);
}
