import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import {
  createFakeCli,
  createFakeIo,
  createTemporaryFolder,
  type TemporaryFolder,
} from "../../testing/index.ts";
import { runCli } from "../index.ts";
import { insertInteractions } from "./interactions.fixture.ts";

async function hearth(home: TemporaryFolder, argv: readonly string[]) {
  const io = createFakeIo();
  const { deps } = createFakeCli(io);
  const code = await runCli(["dataset", ...argv, "--home", home.path], deps);
  return { code, out: io.output(), err: io.errors() };
}

test("an export tells what was considered, left out, scrubbed and written", async () => {
  using home = createTemporaryFolder();
  await insertInteractions(
    home,
    { query: "Write to alice@example.org", response: "red green blue" },
    { consent: 0 },
    { value: 0.2 },
  );
  const { code, out } = await hearth(home, ["export", "--out", home.file("data"), "--validation", "0"]);
  expect(out).toMatch(/considered +3\n/);
  expect(out).toMatch(/without consent +1\n/);
  expect(out).toMatch(/below the value +1\n/);
  expect(out).toMatch(/written +1\n/);
  expect(out).toContain("scrubbed: 1 email\n");
  expect(out).toContain("1 rows are few: 500 or more are advised");
  expect(readFileSync(home.file("data", "train-0001.jsonl"), "utf8")).toContain("Write to [EMAIL_1]");
  expect(code).toBe(0);
});

test("the JSON is the manifest and the folder", async () => {
  using home = createTemporaryFolder();
  await insertInteractions(home, {});
  const { code, out } = await hearth(home, [
    ...["export", "--out", home.file("data"), "--format", "instruction", "--json"],
  ]);
  const manifest = JSON.parse(readFileSync(home.file("data", "manifest.json"), "utf8"));
  const told = JSON.parse(out);
  expect(told).toMatchObject({ folder: home.file("data"), format: "instruction", considered: 1 });
  expect(told.files).toEqual(manifest.files);
  expect(code).toBe(0);
});

test.each([
  [[], /no interactions are kept; serve with --interactions/],
  [[{ consent: 0 }, { consent: 0 }, { value: 0 }], /2 of 3: without consent; clients consent/],
  [[{ content: "hash", query: null, response: null }], /text not kept; serve with --interactions/],
])("nothing to export ends with code 1 and the reason", async (rows, reason) => {
  using home = createTemporaryFolder();
  await insertInteractions(home, ...rows);
  const { code, err } = await hearth(home, ["export", "--out", home.file("data")]);
  expect(err).toMatch(reason);
  expect(existsSync(home.file("data"))).toBe(false);
  expect(code).toBe(1);
});

test.each([
  [["export"], /--out/],
  [["export", "--out", "x", "--format", "csv"], /there is no "csv"/],
  [["export", "--out", "x", "--min-value", "high"], /--min-value: expected a number, got "high"/],
  [["export", "--out", "x", "--validation", "0.9"], /validation: expected a number from 0 to 0.5, got 0.9/],
])("%p is wrong usage", async (argv, message) => {
  using home = createTemporaryFolder();
  const { code, err } = await hearth(home, argv);
  expect(err).toMatch(message);
  expect(code).toBe(2);
});
