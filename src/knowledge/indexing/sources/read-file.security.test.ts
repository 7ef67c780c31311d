import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createTemporaryFolder, type TemporaryFolder } from "../../../testing/index.ts";
import { createFolderReader } from "./read-file.ts";

let outer: TemporaryFolder;
let root: string;
const { signal } = new AbortController();
beforeEach(() => {
  outer = createTemporaryFolder();
  mkdirSync(outer.file("root", "inner"), { recursive: true });
  root = realpathSync(outer.file("root"));
  writeFileSync(outer.file("secret"), "secret");
});
afterEach(() => outer[Symbol.dispose]());

const read = (source: string, maxBytes = 1_000) =>
  createFolderReader(root, { maxBytes }).read(source, signal);

test("a file is its bytes", async () => {
  writeFileSync(`${root}/inner/a.md`, "hello");
  expect(await read("inner/a.md")).toMatchObject({
    type: "file",
    bytes: Buffer.from("hello"),
    stamp: { bytes: 5 },
  });
  writeFileSync(`${root}/empty`, "");
  expect(await read("empty")).toMatchObject({ type: "file", stamp: { bytes: 0 } });
});

test("a link is not followed", async () => {
  symlinkSync(outer.file("secret"), `${root}/link`);
  expect(await read("link")).toMatchObject({ type: "skipped", reason: "link" });
});

test("a folder that became a link to outside is not entered", async () => {
  rmSync(`${root}/inner`, { recursive: true });
  symlinkSync(outer.path, `${root}/inner`);
  expect(await read("inner/secret")).toMatchObject({ type: "skipped", reason: "link" });
});

test("a path that climbs out is not read", async () => {
  expect(await read("../secret")).toMatchObject({ type: "skipped", reason: "link" });
});

test("a pipe does not keep the reader waiting", async () => {
  Bun.spawnSync(["mkfifo", `${root}/pipe`]);
  expect(await read("pipe")).toMatchObject({ type: "skipped", reason: "not_a_file" });
});

test("a folder is no file", async () => {
  expect(await read("inner")).toMatchObject({ type: "skipped", reason: "not_a_file" });
});

test("a file of 50 MiB is refused by its size, without being read", async () => {
  writeFileSync(`${root}/big.txt`, "");
  truncateSync(`${root}/big.txt`, 52_428_800);
  expect(await read("big.txt", 16_777_216)).toEqual({
    ...{ type: "skipped", reason: "too_large" },
    detail: "it has 52428800 bytes, and at most 16777216 are read",
  });
});

test("a file that has vanished since it was listed is told of as such", async () => {
  expect(await read("gone.md")).toMatchObject({ type: "skipped", reason: "vanished" });
  expect(await read("no/such/folder.md")).toMatchObject({ type: "skipped", reason: "vanished" });
});
