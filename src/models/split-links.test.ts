import { expect, test } from "bun:test";
import { lstatSync, readlinkSync, writeFileSync } from "node:fs";
import { createTemporaryFolder } from "../testing/index.ts";
import type { ModelLayer, ModelRecord } from "./record.ts";
import { linkParts } from "./split-links.ts";

const digest = `sha256:${"a".repeat(64)}`;

function recordOf(paths: readonly string[]): ModelRecord {
  return {
    name: "split:latest",
    source: "pulled",
    digest,
    layers: paths.map((path): ModelLayer => ({ role: "model", path, bytes: 1, digest })),
    settings: {},
    summary: {
      architecture: "llama",
      parameters: 1,
      quantisation: "Q8_0",
      capabilities: {
        generate: false,
        chat: false,
        tools: false,
        reasoning: false,
        infill: false,
        embed: false,
        rerank: false,
      },
    },
    createdAtMs: 0,
    modifiedAtMs: 0,
    uses: 0,
  };
}

const linksOf = (record: ModelRecord) => record.layers.map(({ path }) => path);
const inodesOf = (paths: readonly string[]) => paths.map((path) => lstatSync(path, { bigint: true }).ino);

test("links that lead to the parts are left as they are", () => {
  using folder = createTemporaryFolder();
  const links = linksOf(linkParts(recordOf(["/one", "/two"]), folder.path));
  const before = inodesOf(links);
  expect(linksOf(linkParts(recordOf(["/one", "/two"]), folder.path))).toEqual(links);
  expect(inodesOf(links)).toEqual(before);
});

test("a link that leads elsewhere is replaced", () => {
  using folder = createTemporaryFolder();
  linkParts(recordOf(["/one", "/old"]), folder.path);
  const links = linksOf(linkParts(recordOf(["/one", "/two"]), folder.path));
  expect(links.map((link) => readlinkSync(link))).toEqual(["/one", "/two"]);
});

test("a folder that cannot be made is an error that names it", () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("cache"), "");
  expect(() => linkParts(recordOf(["/one", "/two"]), folder.path)).toThrow(
    expect.objectContaining({ name: "AppError", message: expect.stringContaining(folder.file("cache")) }),
  );
});
