import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import {
  createTemporaryFolder,
  demoModelPath,
  findTestModel,
  type TinyGguf,
  writeTinyGguf,
} from "../testing/index.ts";
import { describeFile, inspectModelFile } from "./file-model.ts";

test("the built-in model's file is one model that chats", () => {
  const record = describeFile(demoModelPath, { name: "hearth-demo", source: "built-in" });
  expect(record).toMatchObject({
    name: "hearth-demo",
    layers: [{ role: "model", path: demoModelPath, bytes: 4_704_192 }],
    summary: { architecture: "llama", quantisation: "Q8_0", capabilities: { chat: true, tools: true } },
  });
  expect(record.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

const lora = findTestModel("synthetic-stories260K-lora.gguf");
test.skipIf(lora === undefined)("a LoRA is an adapter that answers nothing by itself", () => {
  expect(inspectModelFile(lora ?? "")).toMatchObject({
    role: "adapter",
    summary: { architecture: "llama", capabilities: { generate: false, chat: false } },
  });
});

const adapter: TinyGguf = {
  metadata: [
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.type", { type: "string", value: "adapter" }],
    ["adapter.type", { type: "string", value: "lora" }],
  ],
  tensors: [
    { name: "blk.0.attn_q.weight.lora_a", shape: [8n, 2n], type: 0, offset: 0n },
    { name: "blk.0.attn_q.weight.lora_b", shape: [2n, 8n], type: 0, offset: 64n },
  ],
  dataBytes: 128,
};

test.each<[string, TinyGguf, string]>([
  ["of another kind", { ...adapter, metadata: (adapter.metadata ?? []).slice(0, 2) }, 'not "lora"'],
  [
    "with a tensor of its own",
    { ...adapter, tensors: [{ name: "x", shape: [8n], type: 0, offset: 0n }] },
    '"x"',
  ],
  ["with half a pair", { ...adapter, tensors: (adapter.tensors ?? []).slice(0, 1) }, "only one of its two"],
  [
    "of ranks that differ",
    {
      ...adapter,
      tensors: (adapter.tensors ?? []).map((tensor, i) =>
        i === 0 ? tensor : { ...tensor, shape: [4n, 4n] },
      ),
    },
    "do not go together",
  ],
])("an adapter %s is refused", (_, file, reason) => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("a.gguf"), writeTinyGguf(file));
  expect(() => inspectModelFile(folder.file("a.gguf"))).toThrow(reason);
});

test("a sound adapter is taken", () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("a.gguf"), writeTinyGguf(adapter));
  expect(inspectModelFile(folder.file("a.gguf")).role).toBe("adapter");
});
