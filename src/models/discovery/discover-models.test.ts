import { expect, test } from "bun:test";
import { readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { canonicalName } from "../names/model-name.ts";
import { discoverModels, scanFolder } from "./discover-models.ts";
import {
  createMemoryCache,
  sha256,
  tinyAdapter,
  tinyModel,
  tinyProjector,
  write,
  writeHubFile,
  writeOllamaModel,
} from "./discovery-fixture.ts";

const model = tinyModel();

test("a model of Ollama is found under its name with all its layers and settings", async () => {
  using folder = createTemporaryFolder();
  const manifest = writeOllamaModel(folder.path, "registry.ollama.ai/library/qwen3/0.6b", [
    ["model", model],
    ["projector", tinyProjector()],
    ["template", "{{ .Prompt }}"],
    ["system", "Be kind."],
    ["params", '{"temperature":0.5,"stop":["<|im_end|>"]}'],
    ["messages", '[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]'],
    ["license", "MIT"],
    ["license", "and more"],
  ]);
  const { records, problems } = await discoverModels(
    { ollama: folder.path },
    { summaries: createMemoryCache() },
  );
  expect(problems).toEqual([]);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    name: "qwen3:0.6b",
    source: "ollama",
    origin: "qwen3:0.6b",
    digest: `sha256:${sha256(await Bun.file(manifest).text())}`,
    summary: { architecture: "llama", quantisation: "F32" },
    settings: {
      template: "{{ .Prompt }}",
      system: "Be kind.",
      parameters: { temperature: 0.5, stop: ["<|im_end|>"] },
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "Hello" },
      ],
      licenses: ["MIT", "and more"],
    },
  });
  expect(records[0]?.layers[0]).toEqual({
    role: "model",
    digest: `sha256:${sha256(model)}`,
    bytes: model.byteLength,
    path: folder.file("blobs", `sha256-${sha256(model)}`),
  });
  expect(records[0]?.layers.map(({ role }) => role)).toEqual([
    ...([
      "model",
      "projector",
      "template",
      "system",
      "parameters",
      "messages",
      "license",
      "license",
    ] as const),
  ]);
});

test.each([
  ["registry.ollama.ai/library/qwen3/latest", "qwen3:latest"],
  ["registry.ollama.ai/someone/qwen3/8b", "someone/qwen3:8b"],
  ["hf.co/org/repo-GGUF/Q4_K_M", "hf.co/org/repo-GGUF:Q4_K_M"],
  ["models.example.com/team/tiny/v1", "models.example.com/team/tiny:v1"],
])("the manifest %s is called %s", async (path, expected) => {
  using folder = createTemporaryFolder();
  writeOllamaModel(folder.path, path, [["model", model]]);
  const { records } = await discoverModels({ ollama: folder.path }, { summaries: createMemoryCache() });
  expect(records.map(({ name }) => name)).toEqual([expected]);
});

test("a list of manifests is followed to the variant for llama.cpp", async () => {
  using folder = createTemporaryFolder();
  writeOllamaModel(
    folder.path,
    "registry.ollama.ai/library/both/latest",
    [["model", model]],
    ({ layers }) => {
      const child = JSON.stringify({ schemaVersion: 2, layers });
      write(folder.file("blobs", `sha256-${sha256(child)}`), child);
      return {
        mediaType: "application/vnd.ollama.manifest.list.v2+json",
        manifests: [
          { runner: "mlx", digest: `sha256:${sha256("other")}` },
          { runner: "ollama", digest: `sha256:${sha256(child)}` },
        ],
      };
    },
  );
  const { records } = await discoverModels({ ollama: folder.path }, { summaries: createMemoryCache() });
  expect(records.map(({ name }) => name)).toEqual(["both:latest"]);
});

test("models of the hub cache are called by their quantisation, with digests and projector", async () => {
  using folder = createTemporaryFolder();
  const link = writeHubFile(folder.path, "org/tiny-GGUF", "tiny-Q4_K_M.gguf", model);
  writeHubFile(
    folder.path,
    "org/tiny-GGUF",
    "tiny-Q8_0.gguf",
    tinyModel({ extra: { type: "boolean", value: true } }),
  );
  writeHubFile(folder.path, "org/tiny-GGUF", "mmproj-F16.gguf", tinyProjector());
  writeHubFile(folder.path, "org/tiny-GGUF", "adapter.gguf", tinyAdapter());
  const { records, problems } = await discoverModels(
    { huggingFace: folder.path },
    { summaries: createMemoryCache() },
  );
  expect(problems).toEqual([]);
  expect(records.map(({ name }) => name)).toEqual(["hf.co/org/tiny-GGUF:Q4_K_M", "hf.co/org/tiny-GGUF:Q8_0"]);
  expect(records[0]).toMatchObject({ source: "hugging-face", origin: "hf.co/org/tiny-GGUF:Q4_K_M" });
  expect(records[0]?.layers).toEqual([
    { role: "model", digest: `sha256:${sha256(model)}`, bytes: model.byteLength, path: link },
    expect.objectContaining({ role: "projector", path: expect.stringContaining("mmproj-F16.gguf") }),
  ]);
});

test("two files of one quantisation in a repository are told apart by their file names", async () => {
  using folder = createTemporaryFolder();
  writeHubFile(folder.path, "org/two", "a-Q8_0.gguf", model);
  writeHubFile(folder.path, "org/two", "b-Q8_0.gguf", model);
  const { records } = await discoverModels({ huggingFace: folder.path }, { summaries: createMemoryCache() });
  expect(records.map(({ name }) => name)).toEqual(["hf.co/org/two/b-Q8_0.gguf", "hf.co/org/two:Q8_0"]);
});

test("of a repository that names no main revision the latest is taken", async () => {
  using folder = createTemporaryFolder();
  const repository = folder.file("models--org--tiny");
  for (const [revision, seconds] of [
    ["a", 1_000],
    ["b", 3_000],
    ["c", 2_000],
  ] as const) {
    const snapshot = join(repository, "snapshots", revision.repeat(40));
    write(join(snapshot, `${revision}-Q8_0.gguf`), model);
    utimesSync(snapshot, seconds, seconds);
  }
  write(join(repository, "snapshots", ".DS_Store"), "no folder");
  write(join(repository, "refs", "v2"), "b".repeat(40));
  const { records } = await discoverModels({ huggingFace: folder.path }, { summaries: createMemoryCache() });
  expect(records.map(({ name }) => name)).toEqual(["hf.co/org/tiny:Q8_0"]);
  expect(records[0]?.layers[0]?.path).toEndWith("b-Q8_0.gguf");
});

test("the parts of a split model are one model", async () => {
  using folder = createTemporaryFolder();
  for (const index of [0, 1]) {
    const part = tinyModel({
      "split.no": { type: "uint32", value: index },
      "split.count": { type: "uint32", value: 2 },
      "split.tensors.count": { type: "int32", value: 2 },
    });
    if (index === 1) part.set(Buffer.from("token_embx"), Buffer.from(part).indexOf("token_embd"));
    write(folder.file(`tiny-0000${index + 1}-of-00002.gguf`), part);
  }
  const { records, problems } = await scanFolder(folder.path, { summaries: createMemoryCache() });
  expect(problems).toEqual([]);
  expect(records.map(({ name, layers }) => [name, layers.length])).toEqual([["tiny", 2]]);
});

test("models of llama.cpp's cache are called as their manifests say, others by their file", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("org_tiny-GGUF_sub_tiny-Q4_0.gguf"), model);
  write(folder.file("org_tiny-GGUF_mmproj.gguf"), tinyProjector());
  write(folder.file("by hand.gguf"), model);
  write(
    folder.file("manifest=org=tiny-GGUF=Q4_0.json"),
    JSON.stringify({
      ggufFile: { rfilename: "sub/tiny-Q4_0.gguf" },
      mmprojFile: { rfilename: "mmproj.gguf" },
    }),
  );
  writeHubFile(folder.path, "org/later", "later-Q8_0.gguf", model);
  const { records } = await discoverModels({ llamaCpp: folder.path }, { summaries: createMemoryCache() });
  expect(records.map(({ name, source, layers }) => [name, source, layers.length])).toEqual([
    ["by-hand", "llama.cpp", 1],
    ["hf.co/org/later:Q8_0", "llama.cpp", 1],
    ["hf.co/org/tiny-GGUF:Q4_0", "llama.cpp", 2],
  ]);
});

test("models of LM Studio are called as the repositories that they came from", async () => {
  using folder = createTemporaryFolder();
  write(folder.file("publisher", "repo-GGUF", "tiny-q4_k_m.gguf"), model);
  write(folder.file("publisher", "odd repo", "tiny.gguf"), model);
  const { records } = await discoverModels({ lmStudio: folder.path }, { summaries: createMemoryCache() });
  expect(records.map(({ name }) => name)).toEqual(["hf.co/publisher/repo-GGUF:Q4_K_M", "tiny"]);
  for (const { name } of records) expect(canonicalName(name).replace(/:latest$/, "")).toBe(name);
});

test("headers are read once, and again where a file changed", async () => {
  using folder = createTemporaryFolder();
  const summaries = createMemoryCache();
  const path = write(folder.file("tiny.gguf"), model);
  await scanFolder(folder.path, { summaries });
  expect(summaries.notes.size).toBe(1);
  const [key] = summaries.notes.keys();
  summaries.notes.set(key ?? "", { kind: "unusable", reason: "remembered" });
  expect((await scanFolder(folder.path, { summaries })).problems).toEqual([{ path, reason: "remembered" }]);
  utimesSync(path, 1_000, 2_000);
  const { records } = await scanFolder(folder.path, { summaries });
  expect(records.map(({ name, modifiedAtMs }) => [name, modifiedAtMs])).toEqual([["tiny", 2_000_000]]);
});

test("a file that moves or changes gets another digest", async () => {
  using folder = createTemporaryFolder();
  const summaries = createMemoryCache();
  write(folder.file("tiny.gguf"), model);
  const digest = async () => (await scanFolder(folder.path, { summaries })).records[0]?.digest;
  const first = await digest();
  expect(first).toMatch(/^sha256:[\da-f]{64}$/);
  expect(await digest()).toBe(first);
  renameSync(folder.file("tiny.gguf"), folder.file("small.gguf"));
  expect(await digest()).not.toBe(first);
});

test("of two models with one name the first place counts and the other is a problem", async () => {
  using folder = createTemporaryFolder();
  writeHubFile(folder.file("hub"), "org/tiny", "tiny-Q8_0.gguf", model);
  const second = write(folder.file("lm", "org", "tiny", "tiny-Q8_0.gguf"), model);
  const { records, problems } = await discoverModels(
    { huggingFace: folder.file("hub"), lmStudio: folder.file("lm") },
    { summaries: createMemoryCache() },
  );
  expect(records.map(({ source }) => source)).toEqual(["hugging-face"]);
  expect(problems).toEqual([
    { path: second, reason: expect.stringContaining("hf.co/org/tiny:Q8_0 is also") },
  ]);
});

test("folders that are absent hold nothing and are no problem", async () => {
  using folder = createTemporaryFolder();
  const absent = folder.file("absent");
  const folders = { ollama: absent, huggingFace: absent, llamaCpp: absent, lmStudio: absent };
  const found = await discoverModels(folders, { summaries: createMemoryCache() });
  expect(found).toEqual({ records: [], problems: [] });
});

test("nothing in the caches is changed", async () => {
  using folder = createTemporaryFolder();
  writeOllamaModel(folder.path, "registry.ollama.ai/library/tiny/latest", [["model", model]]);
  const list = () =>
    readdirSync(folder.path, { recursive: true }).map((name) => {
      const { mtimeMs, size } = statSync(join(folder.path, String(name)));
      return [name, mtimeMs, size];
    });
  const before = list();
  await discoverModels({ ollama: folder.path, lmStudio: folder.path }, { summaries: createMemoryCache() });
  expect(list()).toEqual(before);
});

test("a model whose layer has gone is a problem that says so", async () => {
  using folder = createTemporaryFolder();
  writeOllamaModel(folder.path, "registry.ollama.ai/library/tiny/latest", [["model", model]]);
  rmSync(folder.file("blobs", `sha256-${sha256(model)}`));
  const found = await discoverModels({ ollama: folder.path }, { summaries: createMemoryCache() });
  expect(found.records).toEqual([]);
  expect(found.problems[0]?.reason).toMatch(/its layer sha256:.* is not there; pull it again/);
});
