import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { silentTelemetry } from "../../observability/index.ts";
import { createFakeEngine, quietSettings } from "../../testing/index.ts";
import { listFiles, openTestDataset, readLines, signal } from "./dataset-fixture.ts";

/** Texts that share no word. */
function distinct(index: number): string {
  return Array.from({ length: 6 }, (_, word) =>
    createHash("md5").update(`${index}-${word}`).digest("hex").replace(/[0-9]/g, "g").slice(0, 8),
  ).join(" ");
}

test("every line is a conversation of three roles with the same first sentence", async () => {
  await using test = await openTestDataset();
  for (let i = 0; i < 12; i++) await test.insert({ query: `${distinct(i)}?`, response: distinct(100 + i) });
  const { lines, report } = await test.run();
  expect(report).toMatchObject({ considered: 12, train: 11, validation: 1, embedder: "words" });
  expect(lines).toHaveLength(12);
  for (const { messages } of lines)
    expect(messages).toEqual([
      { role: "system", content: "You are a helpful assistant." },
      { role: "user", content: expect.stringMatching(/\?$/) },
      { role: "assistant", content: expect.any(String) },
    ]);
});

test("each row says where it comes from and what it is worth", async () => {
  await using test = await openTestDataset();
  await test.insert({
    id: "chatcmpl-a",
    query: "why\u2028so",
    response: "because",
    model: "qwen",
    value: 0.71,
  });
  const { lines } = await test.run({ validationShare: 0 });
  const hash = createHash("sha256").update('["why\u2028so","because"]').digest("hex");
  expect(lines.map(({ metadata }) => metadata)).toEqual([
    { id: "chatcmpl-a", model: "qwen", value: 0.71, value_terms: { outcome: 0.4 }, hash },
  ]);
});

test.each([
  ["instruction", { instruction: "ask", output: "answer", context: "" }],
  ["instruction-input", { instruction: "ask", input: "", output: "answer" }],
] as const)("the format %s has its fields", async (format, fields) => {
  await using test = await openTestDataset();
  await test.insert({ query: "ask", response: "answer" });
  const { lines } = await test.run({ format, validationShare: 0 });
  expect(lines).toEqual([{ ...fields, metadata: expect.any(Object) }]);
});

test("an export is told of by its folder's name and its rows, one of nothing is not", async () => {
  const told: unknown[] = [];
  const telemetry = { ...silentTelemetry, tell: (...event: unknown[]) => void told.push(event) };
  const settings = { ...quietSettings, interactions: "full" as const };
  await using test = await openTestDataset({ telemetry, settings });
  await test.run();
  expect(told).toEqual([]);
  for (let i = 0; i < 12; i++) await test.insert({ query: `${distinct(i)}?`, response: distinct(100 + i) });
  await test.run();
  expect(told).toEqual([["fine_tuning_update", { dataset_id: "export-2", samples: 12 }]]);
});

test("without consent nothing is exported, and no folder is made", async () => {
  await using test = await openTestDataset();
  await test.insert({ consent: 0 }, { consent: 0, value: 1 });
  const { report, path } = await test.run();
  expect(report).toMatchObject({ considered: 2, train: 0, validation: 0, files: [] });
  expect(report.leftOut.without_consent).toBe(2);
  expect(listFiles(test.folder.path)).not.toContain(path.split("/").at(-1));
});

test("what is left out is counted once, by the first reason", async () => {
  await using test = await openTestDataset();
  await test.insert({ consent: 0, outcome: "failure" }, { private: 1, value: 0 });
  await test.insert({ outcome: "partial" }, { outcome: "unknown" }, { inferred: 1 }, { value: 0.69994 });
  await test.insert({ content: "hash", query: null, response: null }, { cut: 1 }, { query: " \n" });
  await test.insert({ value: 0.69996, query: "red green", response: "blue" });
  await test.insert({ value: 0.9, query: "one two", response: "three" });
  await test.insert({ value: 0.8, query: "north south", response: "west" });
  const { report, lines } = await test.run({ maxRows: 3, validationShare: 0 });
  expect(report.leftOut).toEqual({
    ...{ without_consent: 1, private: 1, not_successful: 2, outcome_unconfirmed: 1, below_value: 1 },
    ...{ text_not_kept: 1, text_cut: 1, beyond_max_rows: 1, blank: 1, not_scrubbed: 0, duplicates: 0 },
  });
  expect(lines.map(({ metadata }) => (metadata as { value: number }).value)).toEqual([0.9, 0.8]);
});

test("a tenant's export has its own interactions alone", async () => {
  await using test = await openTestDataset();
  await test.insert({ tenant: "alice", query: "hers" }, { tenant: "bob", query: "his" });
  const { lines, report } = await test.run({ tenant: "alice", validationShare: 0 });
  expect(report.considered).toBe(1);
  expect(JSON.stringify(lines)).toContain("hers");
  expect(JSON.stringify(lines)).not.toContain("his");
});

const planted = [
  ...[
    "alice.hartley@example.org",
    "07911 123456",
    "Eleanor Whitfield",
    "943 476 5919",
    "4111 1111 1111 1111",
  ],
  ...["SW1A 1AA", `sk${"-"}proj-Ab3dE5fG7hI9jK1lM2nO4pQ6`, "GB82 WEST 1234 5698 7654 32"],
];

test.each(planted)("%s is gone from question and answer, and stands in no file", async (secret) => {
  await using test = await openTestDataset();
  await test.insert({ query: `What about ${secret} then?`, response: `It is ${secret}, I think.` });
  const { files, path, report } = await test.run({ validationShare: 0 });
  for (const text of [...files, readFileSync(join(path, "manifest.json"), "utf8")])
    expect(text).not.toContain(secret);
  expect([...report.scrubbed.values()]).toEqual([2]);
  expect(files[0]).toMatch(/about \[[A-Z_]+_1\] then\?.*It is \[[A-Z_]+_1\], I think/);
});

test("card and NHS numbers whose check digit is wrong are no secrets and stay", async () => {
  await using test = await openTestDataset();
  await test.insert({ query: "Is 4111 1111 1111 1112 a card?", response: "No, nor is 943 476 5918 known." });
  const { files, report } = await test.run({ validationShare: 0 });
  expect(files[0]).toContain("4111 1111 1111 1112");
  expect(files[0]).toContain("943 476 5918");
  expect([...report.scrubbed]).toEqual([]);
});

test("whoever the question introduces is known in the answer, under the same mark", async () => {
  await using test = await openTestDataset();
  await test.insert({
    query: "My name is Zofia Kowalczyk, mail z@example.org or Z@example.org, not w@example.org.",
    response: "Dear Zofia, noted. Kowalczyk it is.",
  });
  const { lines } = await test.run({ validationShare: 0 });
  expect(lines[0]?.messages).toMatchObject([
    {},
    { content: "My name is [NAME_1], mail [EMAIL_1] or [EMAIL_1], not [EMAIL_2]." },
    { content: "Dear [NAME_1], noted. [NAME_1] it is." },
  ]);
});

test("marks of an earlier scrubbing keep their numbers to themselves", async () => {
  await using test = await openTestDataset();
  await test.insert({ content: "redacted", query: "Who is [NAME_3]?", response: "A friend of Fatima Khan." });
  const { files } = await test.run({ validationShare: 0 });
  expect(files[0]).toContain("Who is [NAME_3]?");
  expect(files[0]).toContain("A friend of [NAME_4].");
});

test("a row that the judge cannot look through is left out and counted", async () => {
  const failure = { code: "timeout" as const, message: "it took longer than 10 ms" };
  const report = { durationMs: 1, memoryBytes: 1, logs: [] };
  await using test = await openTestDataset({ judge: async () => ({ ok: false, failure, report }) });
  await test.insert({ query: "a long one" });
  expect((await test.run()).report.leftOut.not_scrubbed).toBe(1);
});

test("without the judge nothing is exported at all", async () => {
  const failure = { code: "plugin_disabled" as const, message: "it is switched off" };
  const report = { durationMs: 1, memoryBytes: 1, logs: [] };
  await using test = await openTestDataset({ judge: async () => ({ ok: false, failure, report }) });
  await test.insert({});
  await expect(test.run()).rejects.toMatchObject({
    code: "plugin_failed",
    message: expect.stringContaining("it is switched off"),
  });
});

test.each([
  ["places beyond the text", [{ label: "name", start: 0, length: 1_000 }]],
  [
    "places one within another",
    [
      { label: "name", start: 0, length: 3 },
      { label: "name", start: 1, length: 1 },
    ],
  ],
  ["failure without a place", []],
] as const)("a judge that tells of %s gets nothing exported", async (_, spans) => {
  const output = { verdict: "fail" as const, reasons: [], metrics: {}, violations: [], spans: [...spans] };
  const report = { durationMs: 1, memoryBytes: 1, logs: [] };
  await using test = await openTestDataset({ judge: async () => ({ ok: true, output, report }) });
  await test.insert({ query: "abc" });
  expect((await test.run()).report.leftOut.not_scrubbed).toBe(1);
});

test("of near-duplicates the one of the highest value stays", async () => {
  await using test = await openTestDataset();
  const words = distinct(1).repeat(3);
  await test.insert(
    { query: words, response: words, value: 0.75 },
    { query: words, response: words, value: 0.9 },
  );
  await test.insert({ query: "something else", response: "entirely" });
  const { lines, report } = await test.run({ validationShare: 0 });
  expect(report.leftOut.duplicates).toBe(1);
  expect(lines.map(({ metadata }) => (metadata as { value: number }).value)).toEqual([0.9, 0.8]);
});

test("two that differ by a name alone are one, once it is taken out", async () => {
  await using test = await openTestDataset();
  await test.insert({ query: "Greet Alice Hartley kindly", response: "Hello!" });
  await test.insert({ query: "Greet Fatima Khan kindly", response: "Hello!" });
  expect((await test.run()).report.leftOut.duplicates).toBe(1);
});

test("no question has its like on the other side of the split", async () => {
  const check = async (families: readonly number[], seed: number) => {
    await using test = await openTestDataset();
    for (const [index, family] of families.entries())
      await test.insert({
        query: `${distinct(family)} ${distinct(family + 1_000)} v${index}`,
        response: distinct(50 + index),
      });
    const { path, report } = await test.run({ validationShare: 0.4, seed });
    const sides = { train: new Set<string>(), validation: new Set<string>() };
    for (const { name, split } of report.files)
      for (const { messages } of readLines(readFileSync(join(path, name), "utf8")))
        sides[split].add(
          (messages as readonly { content: string }[]).map(({ content }) =>
            content.replace(/ v\d+$/, ""),
          )[1] ?? "",
        );
    expect(sides.train.isDisjointFrom(sides.validation)).toBe(true);
    expect(report.validation).toBeLessThanOrEqual(Math.round((report.train + report.validation) * 0.4));
  };
  const families = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 4, maxLength: 14 });
  await fc.assert(fc.asyncProperty(families, fc.nat(1_000), check), { numRuns: 8 });
}, 60_000);

test("the same rows make the same files, byte for byte, and another seed another split", async () => {
  await using test = await openTestDataset();
  for (let i = 0; i < 30; i++) await test.insert({ query: distinct(i), response: distinct(500 + i) });
  const [first, again, other] = [await test.run(), await test.run(), await test.run({ seed: 7 })];
  expect(again.files).toEqual(first.files);
  expect(again.report.files).toEqual(first.report.files);
  expect(other.files).not.toEqual(first.files);
  expect(first.report).toMatchObject({ train: 27, validation: 3 });
});

test("the files are for their owner alone, and nothing half written stands beside them", async () => {
  await using test = await openTestDataset();
  await test.insert({});
  const { path } = await test.run();
  expect(statSync(path).mode & 0o777).toBe(0o700);
  for (const name of listFiles(path)) expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
  expect(listFiles(path)).toEqual(["manifest.json", "train-0001.jsonl"]);
  expect(listFiles(test.folder.path).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("a folder that has files is left as it is, an empty one is filled", async () => {
  await using test = await openTestDataset();
  await test.insert({});
  const folder = test.folder.file("mine");
  mkdirSync(folder);
  await test.dataset.export({ folder }, { signal });
  expect(listFiles(folder)).toEqual(["manifest.json", "train-0001.jsonl"]);
  await expect(test.dataset.export({ folder }, { signal })).rejects.toMatchObject({ code: "conflict" });
  const file = test.folder.file("a-file");
  writeFileSync(file, "mine");
  await expect(test.dataset.export({ folder: file }, { signal })).rejects.toMatchObject({
    code: "invalid_request",
  });
  expect(readFileSync(file, "utf8")).toBe("mine");
});

test.skipIf(process.geteuid?.() === 0)("a folder that cannot be written is told of by its name", async () => {
  await using test = await openTestDataset();
  await test.insert({});
  chmodSync(test.folder.path, 0o500);
  const folder = test.folder.file("x");
  await expect(test.dataset.export({ folder }, { signal })).rejects.toThrow(folder);
  chmodSync(test.folder.path, 0o700);
});

test("an export that is stopped leaves nothing behind", async () => {
  await using test = await openTestDataset();
  await test.insert({}, { query: "other words" });
  const stop = new AbortController();
  const folder = test.folder.file("stopped");
  const exported = test.dataset.export(
    { folder },
    { signal: stop.signal, onProgress: ({ step }) => step === "embed" && stop.abort() },
  );
  await expect(exported).rejects.toThrow();
  expect(listFiles(test.folder.path).filter((name) => name.includes("stopped"))).toEqual([]);
});

test("a second export at the same time is refused", async () => {
  await using test = await openTestDataset();
  await test.insert({});
  const first = test.run();
  await expect(test.run()).rejects.toMatchObject({ code: "conflict" });
  expect((await first).report.train).toBe(1);
});

test.each([
  [{ minValue: 1.1 }, /^min_value: .*1\.1/],
  [{ minValue: Number.NaN }, /^min_value/],
  [{ validationShare: 0.6 }, /^validation: .*0\.6/],
  [{ maxRows: 0 }, /^max_rows/],
  [{ maxRows: 1.5 }, /^max_rows: expected a whole number/],
  [{ seed: -1 }, /^seed/],
  [{ format: "csv" as "chat" }, /^format: there is no "csv"/],
])("%p is refused by the name of its field", async (request, message) => {
  await using test = await openTestDataset();
  await expect(test.run(request)).rejects.toMatchObject({
    code: "invalid_request",
    message: expect.stringMatching(message),
  });
});

test("rows are compared by words where the embedding model fails, and the manifest says so", async () => {
  await using test = await openTestDataset({
    settings: { ...quietSettings, embeddingModel: "missing-model" },
    engine: createFakeEngine(),
  });
  await test.insert({ query: "red" }, { query: "green" });
  const { report, path } = await test.run();
  expect(report.embedder).toBe("words");
  const { similarity, advice } = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8"));
  expect(similarity).toMatchObject({ embedder: "words", fault: expect.stringContaining("missing-model") });
  expect(advice).toContainEqual(expect.stringContaining("compared by their words"));
  expect(advice).toContainEqual("2 rows are few: 500 or more are advised before training");
});
