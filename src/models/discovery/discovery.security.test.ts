import { expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { discoverModels, scanFolder } from "./discover-models.ts";
import {
  createMemoryCache,
  sha256,
  tinyModel,
  write,
  writeHubFile,
  writeOllamaModel,
} from "./discovery-fixture.ts";

const model = tinyModel();
const tiny = "registry.ollama.ai/library/tiny/latest";

function scan(path: string, limits: { maxEntries?: number; maxMs?: number } = {}) {
  return scanFolder(path, { summaries: createMemoryCache(), ...limits });
}

function scanOllama(path: string) {
  return discoverModels({ ollama: path }, { summaries: createMemoryCache() });
}

test("a pipe is reported and not opened", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("good.gguf"), model);
  Bun.spawnSync(["mkfifo", folder.file("pipe.gguf")]);
  const { records, problems } = await scan(folder.path);
  expect(records.map(({ name }) => name)).toEqual(["good"]);
  expect(problems).toEqual([
    { path: folder.file("pipe.gguf"), reason: "it is a pipe, a device or a socket, not a file" },
  ]);
});

test("a link to a device is reported and not read", async () => {
  using folder = createTemporaryFolder();
  symlinkSync("/dev/zero", folder.file("endless.gguf"));
  const { records, problems } = await scan(folder.path);
  expect(records).toEqual([]);
  expect(problems[0]?.reason).toContain("a device");
});

test("a socket is reported", async () => {
  using folder = createTemporaryFolder();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(folder.file("socket.gguf"), resolve));
  const { problems } = await scan(folder.path);
  server.close();
  expect(problems[0]?.reason).toContain("a socket");
});

test("links that go round in a circle end the walk", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("a", "good.gguf"), model);
  symlinkSync(folder.path, folder.file("a", "up"));
  symlinkSync(folder.file("self.gguf"), folder.file("self.gguf"));
  const { records, problems } = await scan(folder.path);
  expect(records.map(({ name }) => name)).toEqual(["good"]);
  expect(problems).toEqual([{ path: folder.file("self.gguf"), reason: "its links go round in a circle" }]);
});

test("a part whose links go round in a circle is a problem of its model alone", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("good.gguf"), model);
  const split = { "split.no": 0, "split.count": 2, "split.tensors.count": 2 };
  const metadata = Object.entries(split).map(([key, value]) => [key, { type: "uint32", value }] as const);
  const first = write(folder.file("m-00001-of-00002.gguf"), tinyModel(Object.fromEntries(metadata)));
  const second = folder.file("m-00002-of-00002.gguf");
  symlinkSync(second, second);
  const { records, problems } = await scan(folder.path);
  expect(records.map(({ name }) => name)).toEqual(["good"]);
  expect(problems).toContainEqual({
    path: first,
    reason: expect.stringContaining(`cannot read ${second}`),
  });
});

test("a file of holes is a problem", async () => {
  using folder = createTemporaryFolder();
  for (const [name, content] of [
    ["header.gguf", model],
    ["nothing.gguf", new Uint8Array()],
  ] as const) {
    const file = openSync(folder.file(name), "w");
    writeFileSync(file, content);
    ftruncateSync(file, 2 ** 40);
    closeSync(file);
  }
  const { records, problems } = await scan(folder.path);
  expect(records).toEqual([]);
  expect(problems.map(({ reason }) => reason)).toEqual([
    expect.stringContaining("mostly holes"),
    expect.stringContaining("is not a GGUF file"),
  ]);
});

test.skipIf(process.geteuid?.() === 0)("a folder that cannot be read is a problem", async () => {
  using folder = createTemporaryFolder();
  mkdirSync(folder.file("closed"));
  chmodSync(folder.file("closed"), 0);
  const { problems } = await scan(folder.path);
  chmodSync(folder.file("closed"), 0o700);
  expect(problems).toEqual([{ path: folder.file("closed"), reason: "this user may not read it" }]);
});

test("folders are entered only so deep", async () => {
  using folder = createTemporaryFolder();
  const levels = (count: number) => Array.from({ length: count }, (_, index) => `level${index}`);
  write(join(folder.path, ...levels(8), "near.gguf"), model);
  write(join(folder.path, ...levels(9), "far.gguf"), model);
  const { records } = await scan(folder.path);
  expect(records.map(({ name }) => name)).toEqual(["near"]);
});

test("a folder of more files than the limit ends the scan with what was found", async () => {
  using folder = createTemporaryFolder();
  for (let index = 0; index < 300; index += 1) writeFileSync(folder.file(`${index}.txt`), "");
  const { problems } = await scan(folder.path, { maxEntries: 200 });
  expect(problems.map(({ reason }) => reason)).toEqual([
    expect.stringContaining("the scan ended here, after 201 entries"),
  ]);
});

test("100,000 files are scanned in seconds", async () => {
  using folder = createTemporaryFolder();
  for (let index = 0; index < 100_000; index += 1) closeSync(openSync(folder.file(`${index}.txt`), "w"));
  write(folder.file("good.gguf"), model);
  const startedMs = performance.now();
  const { records } = await scan(folder.path);
  expect(records.map(({ name }) => name)).toEqual(["good"]);
  expect(performance.now() - startedMs).toBeLessThan(15_000);
});

test("a scan that takes too long ends", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("good.gguf"), model);
  const { problems } = await scan(folder.path, { maxMs: -1 });
  expect(problems[0]?.reason).toContain("the scan ended here");
});

test("an abort ends the scan", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("good.gguf"), model);
  const scanning = scanFolder(folder.path, { summaries: createMemoryCache(), signal: AbortSignal.abort() });
  await expect(scanning).rejects.toThrow();
});

test.each([
  "sha256:../../../../etc/passwd",
  "../../../etc/passwd",
  `sha256:${"a".repeat(64)}/../../x`,
  `sha256-${"g".repeat(64)}`,
  "sha512:abcdef",
  42,
])("a digest of %j never becomes part of a path", async (digest) => {
  using folder = createTemporaryFolder();
  writeOllamaModel(folder.path, tiny, [["model", model]], (manifest) => ({
    ...manifest,
    layers: [{ mediaType: "application/vnd.ollama.image.model", digest, size: 1 }],
  }));
  const { records, problems } = await scanOllama(folder.path);
  expect(records).toEqual([]);
  expect(problems).toEqual([{ path: expect.any(String), reason: expect.stringContaining("a digest is") }]);
});

test.each(["a..b", "a.b..", "-dash", "sp ace", "col:on", "ünï"])(
  "a manifest whose tag is %j names no model",
  async (tag) => {
    using folder = createTemporaryFolder();
    writeOllamaModel(folder.path, `registry.ollama.ai/library/tiny/${tag}`, [["model", model]]);
    const { records, problems } = await scanOllama(folder.path);
    expect(records).toEqual([]);
    expect(problems[0]?.reason).toContain("names no model");
  },
);

test.each<[string, (manifest: Record<string, unknown>) => unknown, string]>([
  ["that is no object", () => 7, "it is no object"],
  ["that is enormous", () => ({ padding: "x".repeat(2 ** 21) }), "more than 1048576"],
  ["with a thousand layers", () => ({ layers: Array(1_000).fill(7) }), "1000 layers"],
  ["without layers", () => ({ schemaVersion: 2 }), "it has no GGUF file"],
  [
    "with a size of text",
    () => ({
      layers: [
        { mediaType: "application/vnd.ollama.image.model", digest: `sha256:${sha256("x")}`, size: "1" },
      ],
    }),
    "a layer has no size",
  ],
  [
    "that refers to itself",
    () => ({
      mediaType: "application/vnd.ollama.manifest.list.v2+json",
      manifests: [{ runner: "ollama", digest: `sha256:${sha256(model)}` }],
    }),
    "no JSON",
  ],
])("a manifest %s is a problem", async (_, change, expected) => {
  using folder = createTemporaryFolder();
  writeOllamaModel(folder.path, tiny, [["model", model]], change);
  const { records, problems } = await scanOllama(folder.path);
  expect(records).toEqual([]);
  expect(problems.map(({ reason }) => reason)).toEqual([expect.stringContaining(expected)]);
});

test("a manifest that is nested without end is a problem", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("manifests", tiny), `${"[".repeat(500_000)}${"]".repeat(500_000)}`);
  const { problems } = await scanOllama(folder.path);
  expect(problems).toHaveLength(1);
});

test.each<[string, string, string]>([
  ["params", "[1,2]", "the model's parameters are no JSON object"],
  ["params", "{", "is no JSON"],
  ["messages", '[{"role":"tool","content":"x"}]', "a message needs a role"],
  ["system", "x".repeat(2 ** 20 + 1), "more than 1048576"],
])("settings that cannot be honoured refuse the model: %s", async (type, content, expected) => {
  using folder = createTemporaryFolder();
  writeOllamaModel(folder.path, tiny, [
    ["model", model],
    [type, content],
  ]);
  const { records, problems } = await scanOllama(folder.path);
  expect(records).toEqual([]);
  expect(problems[0]?.reason).toContain(expected);
});

test("a blob that is a pipe or has another size is a problem", async () => {
  using folder = createTemporaryFolder();
  writeOllamaModel(folder.path, tiny, [["model", model]]);
  writeFileSync(folder.file("blobs", `sha256-${sha256(model)}`), "short");
  expect((await scanOllama(folder.path)).problems[0]?.reason).toContain("has 5 of");
  Bun.spawnSync(["rm", folder.file("blobs", `sha256-${sha256(model)}`)]);
  Bun.spawnSync(["mkfifo", folder.file("blobs", `sha256-${sha256(model)}`)]);
  expect((await scanOllama(folder.path)).problems[0]?.reason).toContain("is not there");
});

test("a revision that leaves the cache is not followed", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("outside", "tiny-Q8_0.gguf"), model);
  writeHubFile(folder.file("hub"), "org/tiny", "tiny-Q8_0.gguf", model);
  write(folder.file("hub", "models--org--tiny", "refs", "main"), "../../../outside");
  mkdirSync(folder.file("hub", "models--org--tiny", "snapshots", "other"));
  const found = await discoverModels({ huggingFace: folder.file("hub") }, { summaries: createMemoryCache() });
  expect(found.records).toEqual([]);
});
