import { expect, test } from "bun:test";
import { formatSources } from "./source-text.ts";

test("an uploaded file is told by its name, any other text by its source, and neither steers the terminal", () => {
  const citation = {
    ...{ collection: "notes", chunkId: "c", startLine: 1, endLine: 3 },
    score: 0.5,
    text: "",
  };
  const citations = [
    { ...citation, index: 1, source: "files/file-4f64", fileId: "file-4f64", filename: "own\x1b.md" },
    { ...citation, index: 2, source: "docs/ports.md" },
  ];
  expect(formatSources({ collections: ["notes"], mode: "words", citations })).toBe(
    "\nfrom notes\n[1] own�.md:1-3  0.50\n[2] docs/ports.md:1-3  0.50\n",
  );
});
