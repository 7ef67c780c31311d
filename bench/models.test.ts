import { expect, test } from "bun:test";
import { describeGguf } from "../src/models/index.ts";
import { writeGguf } from "../src/testing/gguf/gguf-writer.ts";
import { createTemporaryFolder } from "../src/testing/temporary-folder.ts";
import { createModel, type ModelShape } from "./models.ts";

const tiny: ModelShape = {
  name: "tiny",
  layers: 1,
  embedding: 32,
  heads: 2,
  kvHeads: 1,
  feedForward: 32,
  vocabulary: 40_000,
  contextTokens: 64,
  type: "F16",
  seed: 7,
};

test("the same shape and seed give the same weights, another seed does not", () => {
  const queryWeights = (seed: number): string => {
    const tensor = createModel({ ...tiny, seed }).tensors.find(({ name }) => name === "blk.0.attn_q.weight");
    return Bun.SHA256.hash(Buffer.concat([...(tensor?.chunks() ?? [])]), "hex");
  };
  expect(queryWeights(7)).toBe(queryWeights(7));
  expect(queryWeights(8)).not.toBe(queryWeights(7));
});

test("Hearth's own reader accepts a model of every format and finds its shape", async () => {
  using folder = createTemporaryFolder();
  for (const type of ["F32", "F16", "Q8_0", "Q4_0"] as const) {
    const path = folder.file(`${type}.gguf`);
    await writeGguf(path, createModel({ ...tiny, type }));
    expect(describeGguf(path)).toMatchObject({
      name: "tiny",
      architecture: "llama",
      quantisation: type,
      tensors: 11,
      layers: 1,
      trainedContextTokens: 64,
      vocabularySize: 40_000,
      parameters: 40_000 * 32 + 32 * 32 * 2 + 32 * 16 * 2 + 32 * 32 * 3 + 32 * 3,
      hasChatTemplate: true,
    });
  }
});
