import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { encodeGguf } from "../../testing/gguf/gguf-writer.ts";
import { createTinyModel } from "../../testing/gguf/tiny-model.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { findText } from "./header.ts";
import { readFileHeader } from "./read-file-header.ts";

function encodeNamed(name: string): Uint8Array {
  return encodeGguf(createTinyModel({ metadata: { "general.name": { type: "string", value: name } } }));
}

test("a header is read once while its file stays as it is, and again when it changes", () => {
  using folder = createTemporaryFolder();
  const path = folder.file("m.gguf");
  writeFileSync(path, encodeNamed("one"));
  const first = readFileHeader(path);
  expect(readFileHeader(path)).toBe(first);
  writeFileSync(path, encodeNamed("two"));
  expect(findText(readFileHeader(path), "general.name")).toBe("two");
});

test("a file that has gone is an error though its header was known", () => {
  using folder = createTemporaryFolder();
  const path = folder.file("m.gguf");
  writeFileSync(path, encodeNamed("one"));
  readFileHeader(path);
  folder[Symbol.dispose]();
  expect(() => readFileHeader(path)).toThrow("there is no file");
});
