import { expect, test } from "bun:test";
import { rmSync, symlinkSync } from "node:fs";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { createMemoryCache, tinyModel, write } from "./discovery-fixture.ts";
import { createHeaderReader, type HeaderReader, readNote } from "./header-notes.ts";

type Read = (reader: HeaderReader, path: string) => ReturnType<HeaderReader["read"]>;
const state = { bytes: 7, modifiedAtMs: 1_000 };

test.each<[string, Read]>([
  ["a file", (reader, path) => reader.read({ path, ...state })],
  ["parts", (reader, path) => reader.readTogether([{ path, ...state }])],
])("that the system cannot read %s is not remembered", async (_, read) => {
  using folder = createTemporaryFolder();
  const path = folder.file("tiny.gguf");
  const cache = createMemoryCache();
  symlinkSync(path, path);
  const before = await createHeaderReader(cache);
  expect(read(before, path)).toEqual({
    kind: "unusable",
    reason: expect.stringContaining(`cannot read ${path}`),
  });
  await before.save();
  expect(cache.notes.size).toBe(0);
  rmSync(path);
  write(path, tinyModel());
  expect(read(await createHeaderReader(cache), path).kind).toBe("model");
});

test("that the content is no model is remembered", async () => {
  using folder = createTemporaryFolder();
  const cache = createMemoryCache();
  const reader = await createHeaderReader(cache);
  const note = reader.read({ path: write(folder.file("text.gguf"), "Hello"), ...state });
  await reader.save();
  expect([...cache.notes.values()]).toEqual([note]);
  expect(note).toEqual({ kind: "unusable", reason: expect.stringContaining("is not a GGUF file") });
});

test("an error of the system is a note that will not last", () => {
  const failing = () => {
    throw Object.assign(new Error("EIO: i/o error, read"), { code: "EIO", syscall: "read" });
  };
  expect(readNote("bad.gguf", failing)).toEqual({
    note: { kind: "unusable", reason: "cannot read bad.gguf: EIO: i/o error, read" },
    isLasting: false,
  });
});

test("an error that is no file's fault is thrown on", () => {
  const failing = () => {
    throw new TypeError("a mistake");
  };
  expect(() => readNote("bad.gguf", failing)).toThrow(TypeError);
});
