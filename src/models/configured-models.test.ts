import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { AppError } from "../base/index.ts";
import {
  createTemporaryFolder,
  demoModelPath,
  findTestModel,
  type TinyGguf,
  writeTinyGguf,
} from "../testing/index.ts";
import { describeReference, readConfigured } from "./configured-models.ts";

async function refusalOf(reference: string): Promise<string> {
  using home = createTemporaryFolder();
  try {
    await readConfigured([reference], { home: home.path });
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error instanceof AppError ? `${error.code}: ${error.message}` : "";
  }
  return "accepted";
}

test("hearth-demo is the model that comes with the program", async () => {
  using home = createTemporaryFolder();
  const model = await describeReference("hearth-demo", { home: home.path });
  expect(model).toMatchObject({ name: "hearth-demo", source: "built-in", layers: [{ bytes: 4_704_192 }] });
  expect(
    readFileSync(model?.layers[0]?.path ?? "")
      .subarray(0, 4)
      .toString(),
  ).toBe("GGUF");
});

test("a path is a model whose name is the stem of the file, through links too", async () => {
  using folder = createTemporaryFolder();
  copyFileSync(demoModelPath, folder.file("my.model.gguf"));
  symlinkSync(folder.file("my.model.gguf"), folder.file("link.GGUF"));
  const options = { home: folder.path };
  expect(await describeReference(folder.file("my.model.gguf"), options)).toMatchObject({
    name: "my.model",
    source: "file",
  });
  expect(await describeReference(folder.file("link.GGUF"), options)).toMatchObject({ name: "link" });
});

test("two files that would have one name are refused, one file named twice is one model", async () => {
  using folder = createTemporaryFolder();
  mkdirSync(folder.file("other"));
  const [first, second] = [folder.file("a.gguf"), folder.file("other", "a.gguf")];
  for (const path of [first, second]) copyFileSync(demoModelPath, path);
  expect((await readConfigured([first, first], { home: folder.path })).names).toEqual(["a"]);
  expect(readConfigured([first, second], { home: folder.path })).rejects.toThrow('would be called "a"');
});

test("a name stays a name, to be looked up among the models that are stored", async () => {
  using home = createTemporaryFolder();
  expect(await readConfigured(["qwen3", "hf.co/a/b:q8_0"], { home: home.path })).toEqual({
    names: ["qwen3:latest", "hf.co/a/b:Q8_0"],
    records: new Map(),
  });
});

test("a missing file is model_not_found", async () => {
  expect(await refusalOf("./absent.gguf")).toContain("model_not_found: there is no file ");
  expect(await refusalOf(`${demoModelPath}/inside.gguf`)).toStartWith("model_not_found: ");
  expect(await refusalOf("nul\0.gguf")).toContain("cannot hold a zero byte");
});

test("a folder, a pipe and a device are refused unread", async () => {
  using folder = createTemporaryFolder();
  mkdirSync(folder.file("folder.gguf"));
  Bun.spawnSync(["mkfifo", folder.file("pipe.gguf")]);
  expect(await refusalOf(folder.file("folder.gguf"))).toContain("invalid_request: ");
  expect(await refusalOf(folder.file("folder.gguf"))).toContain("is a folder");
  expect(await refusalOf(folder.file("pipe.gguf"))).toContain("is a pipe");
  expect(await refusalOf("/dev/zero")).toContain("is a device");
});

test("random bytes, an empty file and a cut model are model_load_failed with the reason", async () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("random.gguf"), crypto.getRandomValues(new Uint8Array(4096)));
  writeFileSync(folder.file("empty.gguf"), "");
  copyFileSync(demoModelPath, folder.file("cut.gguf"));
  truncateSync(folder.file("cut.gguf"), 4_000_000);
  expect(await refusalOf(folder.file("random.gguf"))).toContain("is not a GGUF file");
  expect(await refusalOf(folder.file("empty.gguf"))).toContain("is not a GGUF file");
  expect(await refusalOf(folder.file("cut.gguf"))).toContain(
    "is truncated: 4000000 of 4704192 bytes are there",
  );
});

const tensor = { name: "output_norm.weight", shape: [32n], type: 0, offset: 0n };
const architecture = ["general.architecture", { type: "string", value: "llama" }] as const;
const sizes = (
  [
    ["block_count", 1],
    ["embedding_length", 32],
    ["attention.head_count", 4],
    ["context_length", 64],
  ] as const
).map(([key, value]) => [`llama.${key}`, { type: "u32", value }] as const);

test.each<[string, TinyGguf, string]>([
  ["without an architecture", { tensors: [tensor], dataBytes: 128 }, "does not say its architecture"],
  ["without tensors", { metadata: [architecture, ...sizes], dataBytes: 0 }, "has no tensors"],
  ["of the other byte order", { littleEndian: false, metadata: [architecture], dataBytes: 0 }, "big-endian"],
  [
    "that is an adapter",
    {
      metadata: [architecture, ["general.type", { type: "string", value: "adapter" }]],
      tensors: [tensor],
      dataBytes: 128,
    },
    "cannot be used as an adapter",
  ],
  [
    "without layers",
    {
      metadata: [architecture, ["llama.block_count", { type: "u32", value: 0 }]],
      tensors: [tensor],
      dataBytes: 128,
    },
    "llama.block_count is 0",
  ],
  [
    "with 4 billion heads",
    {
      metadata: [architecture, ["llama.attention.head_count", { type: "u32", value: 4_294_967_295 }]],
      tensors: [tensor],
      dataBytes: 128,
    },
    "llama.attention.head_count is 4294967295",
  ],
  [
    "with a quantised norm",
    { metadata: [architecture, ...sizes], tensors: [{ ...tensor, type: 8 }], dataBytes: 128 },
    'the tensor "output_norm.weight" is stored as Q8_0',
  ],
  [
    "that is a later part",
    { metadata: [architecture, ["split.no", { type: "u16", value: 1 }]], tensors: [tensor], dataBytes: 128 },
    "part 2 of a model",
  ],
])("a file %s is refused before any engine sees it", async (_, file, expected) => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("model.gguf"), writeTinyGguf(file));
  expect(await refusalOf(folder.file("model.gguf"))).toContain(expected);
});

const optionalModels = [
  "stories260K.gguf",
  "llama-2-tiny-random.gguf",
  "w2v1000-static-bert-f16.gguf",
  "synthetic-bert-rerank-f16.gguf",
];
for (const name of optionalModels) {
  const path = findTestModel(name);
  test.skipIf(path === undefined)(`${name} is accepted`, async () => {
    expect(await refusalOf(path ?? "")).toBe("accepted");
  });
}

const adapterPath = findTestModel("synthetic-stories260K-lora.gguf");
test.skipIf(adapterPath === undefined)("a real adapter is refused as one", async () => {
  expect(await refusalOf(adapterPath ?? "")).toContain("is an adapter and answers nothing by itself");
});
