import { expect, test } from "bun:test";
import { describeFile } from "../../models/index.ts";
import { createTemporaryFolder, demoModelPath } from "../../testing/index.ts";
import { createModelInspector } from "./inspect-model.ts";

const record = describeFile(demoModelPath, { name: "hearth-demo", source: "built-in" });
const estimate = {
  ...{ weightsBytes: 1, kvBytes: 2, computeBytes: 3, outputBytes: 4, projectorBytes: 0, adapterBytes: 0 },
  ...{ runtimeBytes: 5, totalBytes: 15, hostBytes: 15, deviceBytes: 0 },
  ...{ kvTokens: 512, contextTokens: 256, layers: 2, layersOnDevice: 0 },
};
const inspect = createModelInspector({
  estimate: (_record, contextTokens) => ({ ...estimate, contextTokens: contextTokens ?? 256 }),
});

test("a model is described by the header of its file", async () => {
  const { modelInfo, chatTemplate, tensors } = await inspect(record, { verbose: false });
  expect(modelInfo).toMatchObject({
    "general.architecture": record.summary.architecture,
    "general.parameter_count": record.summary.parameters,
    [`${record.summary.architecture}.context_length`]: record.summary.trainedContextTokens,
  });
  expect(chatTemplate).toContain("messages");
  expect(tensors).toBeUndefined();
});

test("verbose adds the tensors", async () => {
  const { tensors } = await inspect(record, { verbose: true });
  const embedding = tensors?.find(({ name }) => name === "token_embd.weight");
  expect(embedding?.type).toBe("Q8_0");
  expect(embedding?.shape.map(Number.isInteger)).toEqual([true, true]);
});

test("what the model would take is told in bytes, and for which context", async () => {
  const { memory } = await inspect(record, { verbose: false });
  expect(memory).toMatchObject({ total: 15, weights: 1, kv: 2, context_length: 256, kv_tokens: 512 });
  const asked = await inspect(record, { verbose: false, contextTokens: 64 });
  expect(asked.memory).toMatchObject({ context_length: 64 });
});

test("a file that is gone is an error with a code", async () => {
  using folder = createTemporaryFolder();
  const gone = { ...record, layers: [{ role: "model" as const, bytes: 1, path: folder.file("gone.gguf") }] };
  expect(await inspect(gone, { verbose: false }).catch((error) => error.code)).toBe("model_not_found");
});
