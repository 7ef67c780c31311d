import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync, symlinkSync } from "node:fs";
import { createTemporaryFolder } from "../../testing/index.ts";
import { listFiles, signal } from "./dataset-fixture.ts";
import { writeDataset } from "./write-dataset.ts";

const describe = (files: object) => ({ files });

test("a file has at most 1,000 rows, and the manifest tells each by its hash", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("made", "on", "the", "way");
  const train = Array.from({ length: 2_001 }, (_, index) => `{"row":${index}}\n`);
  await writeDataset(path, { train, validation: ["{}\n"] }, describe, signal);
  const { files } = JSON.parse(readFileSync(`${path}/manifest.json`, "utf8"));
  const hashOf = (name: string) =>
    createHash("sha256")
      .update(readFileSync(`${path}/${name}`))
      .digest("hex");
  expect(files).toEqual(
    [
      { name: "train-0001.jsonl", split: "train", rows: 1_000 },
      { name: "train-0002.jsonl", split: "train", rows: 1_000 },
      { name: "train-0003.jsonl", split: "train", rows: 1 },
      { name: "validation-0001.jsonl", split: "validation", rows: 1 },
    ].map((file) => ({ ...file, bytes: expect.any(Number), sha256: hashOf(file.name) })),
  );
  expect(listFiles(path)).toHaveLength(5);
  expect(readFileSync(`${path}/train-0003.jsonl`, "utf8")).toBe('{"row":2000}\n');
});

test("a failure while the files are described leaves nothing behind", async () => {
  using folder = createTemporaryFolder();
  const fail = () => {
    throw new Error("no manifest");
  };
  const written = writeDataset(folder.file("data"), { train: ["{}\n"], validation: [] }, fail, signal);
  await expect(written).rejects.toThrow("no manifest");
  expect(listFiles(folder.path)).toEqual([]);
});

test("a link that leads elsewhere is no folder to fill", async () => {
  using folder = createTemporaryFolder();
  symlinkSync("/tmp", folder.file("link"));
  const written = writeDataset(folder.file("link"), { train: ["{}\n"], validation: [] }, describe, signal);
  await expect(written).rejects.toMatchObject({ code: "invalid_request" });
});
