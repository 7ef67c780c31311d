import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeGguf } from "../testing/gguf/gguf-writer.ts";
import { createTinyModel, zeroTensor } from "../testing/gguf/tiny-model.ts";
import { createTemporaryFolder, demoModelPath } from "../testing/index.ts";
import { startRegistry } from "../testing/registry/registry-server.ts";
import { createLibrary } from "./create-library.ts";
import type { ModelLibrary, WorkEvent } from "./library.ts";
import type { LibraryOptions } from "./library-options.ts";

const never = new AbortController().signal;

async function open(home: string, changes: Partial<LibraryOptions> = {}): Promise<ModelLibrary> {
  return await createLibrary({
    home,
    models: ["hearth-demo"],
    modelFolders: [],
    cacheFolders: {},
    discover: false,
    registry: "http://127.0.0.1:9",
    huggingFaceEndpoint: "http://127.0.0.1:9",
    ...changes,
  });
}

/** A database that is whole but for all that it holds: opened, it fails at the first query. */
function breakPages(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, 4096));
}

async function finish(work: AsyncIterable<WorkEvent>) {
  let record: Extract<WorkEvent, { type: "done" }>["record"] | undefined;
  for await (const event of work) if (event.type === "done") ({ record } = event);
  if (!record) throw new Error("the work ended without a model");
  return record;
}

async function namesOf(library: ModelLibrary): Promise<readonly string[]> {
  return (await library.list()).map(({ name }) => name);
}

function importDemo(library: ModelLibrary, name: string, inPlace = false) {
  return finish(library.import(demoModelPath, { name, inPlace, signal: never }));
}

test("a library that is only read writes nothing", async () => {
  using folder = createTemporaryFolder();
  const library = await open(folder.file("home"));
  expect(await namesOf(library)).toEqual(["hearth-demo"]);
  expect(await library.find("absent")).toBeUndefined();
  library.recordUse("hearth-demo");
  await library.close();
  expect(existsSync(folder.file("home"))).toBe(false);
});

test.each([
  ["is no database", (path: string) => writeFileSync(path, "what a broken disk left".repeat(1000))],
  ["has broken pages", breakPages],
])(
  "beside a database that %s, models that need none are served, and nothing is written",
  async (_, damage) => {
    using folder = createTemporaryFolder();
    const before = await open(folder.path);
    await importDemo(before, "mine");
    await before.close();
    const path = join(folder.path, "models", "hearth.db");
    damage(path);
    const bytes = readFileSync(path);
    const told: string[] = [];
    const library = await open(folder.path, { onDamage: ({ message }) => told.push(message) });
    expect(await namesOf(library)).toEqual(["hearth-demo"]);
    expect((await library.find("hearth-demo"))?.name).toBe("hearth-demo");
    expect(await library.find("mine")).toBeUndefined();
    expect(library.damage()?.message).toContain("move it away, or put a copy of it back");
    expect(told).toHaveLength(1);
    await expect(importDemo(library, "other")).rejects.toThrow("is damaged");
    await expect(library.remove("mine")).rejects.toThrow("is damaged");
    await library.close();
    expect(readFileSync(path).equals(bytes)).toBe(true);
  },
);

test("an imported model is found by every way its name is written, after a restart too", async () => {
  using folder = createTemporaryFolder();
  const first = await open(folder.path);
  await importDemo(first, "mine");
  await first.close();
  const library = await open(folder.path);
  for (const name of ["mine", "mine:latest"]) expect((await library.find(name))?.name).toBe("mine:latest");
  const record = await library.find("mine");
  expect(readFileSync(record?.layers[0]?.path ?? "")).toEqual(readFileSync(demoModelPath));
  await library.close();
});

test("a model in place is not copied, and forgetting it leaves its file", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("file.gguf");
  copyFileSync(demoModelPath, path);
  const library = await open(folder.file("home"));
  const record = await finish(library.import(path, { name: "kept", inPlace: true, signal: never }));
  expect(record.layers[0]?.path).toBe(path);
  expect(await library.remove("kept")).toEqual({ freedBytes: 0, removedBlobs: 0 });
  expect(existsSync(path)).toBe(true);
  await library.close();
});

describe("of two models with one name", () => {
  test("the configured one counts, then the stored one, then what lies in a folder", async () => {
    using folder = createTemporaryFolder();
    mkdirSync(folder.file("files"));
    for (const name of ["both.gguf", "only.gguf"]) copyFileSync(demoModelPath, folder.file("files", name));
    const options = { modelFolders: [folder.file("files")] };
    const library = await open(folder.file("home"), options);
    expect((await library.find("both"))?.source).toBe("file");
    await library.copy("both", "both");
    expect((await library.find("both"))?.source).toBe("file");
    expect(await namesOf(library)).toEqual(["both", "both:latest", "hearth-demo", "only"]);
    await library.close();
  });

  test("no other may take the name of the built-in one", async () => {
    using folder = createTemporaryFolder();
    const library = await open(folder.path);
    await expect(importDemo(library, "hearth-demo")).rejects.toMatchObject({ code: "conflict" });
    await expect(finish(library.pull("hearth-demo", { signal: never }))).rejects.toThrow("built in");
    await expect(library.copy("hearth-demo", "hearth-demo")).rejects.toThrow("built in");
    await library.close();
  });
});

test("a copy of the built-in model keeps its bytes, as its own file moves with each release", async () => {
  using folder = createTemporaryFolder();
  const library = await open(folder.path);
  await library.copy("hearth-demo", "mine");
  expect((await library.find("mine"))?.layers[0]).toMatchObject({
    digest: expect.stringMatching(/^sha256:/),
  });
  await library.close();
});

test("what is not the store's is not removed, and the reason is said", async () => {
  using folder = createTemporaryFolder();
  const library = await open(folder.path, { models: [demoModelPath] });
  await expect(library.remove("hearth-demo")).rejects.toThrow("built in");
  await expect(library.remove("hearth-demo-q8_0")).rejects.toMatchObject({ code: "forbidden" });
  await expect(library.remove("absent")).rejects.toMatchObject({ code: "model_not_found" });
  await library.close();
});

test("a pulled file that cannot be run gets no name", async () => {
  using folder = createTemporaryFolder();
  using registry = startRegistry();
  const mediaType = "application/vnd.ollama.image.model";
  registry.addModel("library/bad:latest", [{ mediaType, bytes: Buffer.from("no model at all") }]);
  const library = await open(folder.path, { registry: registry.url });
  await expect(finish(library.pull("bad", { signal: never }))).rejects.toMatchObject({
    code: "model_load_failed",
  });
  expect(await namesOf(library)).toEqual(["hearth-demo"]);
  await library.close();
});

test("parts of a split model are found by llama.cpp's names, though they are blobs", async () => {
  using folder = createTemporaryFolder();
  const parts = writeSplitModel(folder.path);
  const library = await open(folder.file("home"));
  const [first = ""] = parts;
  await finish(library.import(first, { name: "split", inPlace: false, signal: never }));
  const record = await library.find("split");
  const paths = record?.layers.map(({ path }) => path) ?? [];
  expect(paths.map((path) => path.replace(/.*\//, ""))).toEqual([
    "model-00001-of-00002.gguf",
    "model-00002-of-00002.gguf",
  ]);
  expect(paths.map((path) => readFileSync(readlinkSync(path)))).toEqual(
    parts.map((path) => readFileSync(path)),
  );
  await library.close();
});

/** Two parts of a tiny model; returns their paths. */
function writeSplitModel(folder: string): readonly string[] {
  return [0, 1].map((no) => {
    const metadata = {
      "split.no": { type: "uint32", value: no },
      "split.count": { type: "uint32", value: 2 },
      "split.tensors.count": { type: "int32", value: 2 },
    } as const;
    const tensors = [
      no === 0 ? zeroTensor("token_embd.weight", [32, 4]) : zeroTensor("blk.0.ffn_up.weight", [32, 8]),
    ];
    const path = join(folder, `tiny-0000${no + 1}-of-00002.gguf`);
    writeFileSync(
      path,
      encodeGguf(no === 0 ? createTinyModel({ metadata, tensors }) : { metadata, tensors }),
    );
    return path;
  });
}

test("uses are counted and shown with the model, found ones too", async () => {
  using folder = createTemporaryFolder();
  const library = await open(folder.path);
  await importDemo(library, "mine");
  library.recordUse("mine:latest");
  library.recordUse("mine:latest");
  library.recordUse("hearth-demo");
  await library.close();
  const again = await open(folder.path);
  const uses = Object.fromEntries((await again.list()).map((record) => [record.name, record.uses]));
  expect(uses).toEqual({ "mine:latest": 2, "hearth-demo": 1 });
  await again.close();
});

test("an Ollama store beside is served in place, its settings with it", async () => {
  using folder = createTemporaryFolder();
  const ollama = folder.file("ollama");
  const weights = readFileSync(demoModelPath);
  const store = (bytes: Uint8Array): { digest: string; size: number } => {
    const hex = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    mkdirSync(join(ollama, "blobs"), { recursive: true });
    writeFileSync(join(ollama, "blobs", `sha256-${hex}`), bytes);
    return { digest: `sha256:${hex}`, size: bytes.byteLength };
  };
  const layer = (kind: string, bytes: Uint8Array) => ({
    mediaType: `application/vnd.ollama.image.${kind}`,
    ...store(bytes),
  });
  const manifests = join(ollama, "manifests", "registry.ollama.ai", "library", "theirs");
  mkdirSync(manifests, { recursive: true });
  const layers = [layer("model", weights), layer("system", Buffer.from("Be brief"))];
  writeFileSync(join(manifests, "1b"), JSON.stringify({ schemaVersion: 2, layers }));
  const library = await open(folder.file("home"), { discover: true, cacheFolders: { ollama } });
  expect(await library.find("theirs:1b")).toMatchObject({
    source: "ollama",
    settings: { system: "Be brief" },
  });
  await expect(library.remove("theirs:1b")).rejects.toThrow("ollama");
  await library.close();
});
