import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { AppError } from "../../base/index.ts";
import { createTemporaryFolder, demoModelPath, findTestModel } from "../../testing/index.ts";
import { type TinyTensor, type TinyValue, writeTinyGguf } from "../../testing/tiny-gguf.ts";
import { AdapterTable } from "./adapters.ts";
import type { Backend } from "./backend.ts";
import { loadTestBackend } from "./llama-fixture.ts";

const lora = findTestModel("synthetic-stories260K-lora.gguf");

describe("a file that is no adapter of the model", () => {
  let backend: Backend;
  beforeAll(() => {
    backend = loadTestBackend();
  });
  afterAll(() => backend.free());

  function reasonFor(path: string): string {
    const table = new AdapterTable(backend, { adapters: [{ name: "x", path }], defaultAdapters: [] });
    try {
      table.resolve([{ name: "x", scale: 1 }]);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      expect(error.code).toBe("model_load_failed");
      return error.message;
    }
    throw new Error("it was taken");
  }

  const text = (value: string): TinyValue => ({ type: "string", value });
  const sound: readonly (readonly [string, TinyValue])[] = [
    ["general.architecture", text("llama")],
    ["general.type", text("adapter")],
    ["adapter.type", text("lora")],
    ["adapter.lora.alpha", { type: "f32", value: 1 }],
  ];
  const pair = (shape: readonly bigint[], type = 0): readonly TinyTensor[] => [
    { name: "blk.0.attn_q.weight.lora_b", shape: [4n, 256n], type: 0, offset: 0n },
    { name: "blk.0.attn_q.weight.lora_a", shape, type, offset: 4096n },
  ];

  test.skipIf(!lora)("is refused with llama.cpp's reason where it belongs to another model", () => {
    expect(reasonFor(lora ?? "")).toMatch(/does not exist in base model|incorrect shape/);
  });

  test("is refused where it is missing, a model, or noise", async () => {
    using folder = createTemporaryFolder();
    const noise = join(folder.path, "noise.gguf");
    await Bun.write(noise, crypto.getRandomValues(new Uint8Array(4096)));
    expect(reasonFor(join(folder.path, "missing.gguf"))).toContain("cannot be read");
    expect(reasonFor(noise)).toContain("cannot be read");
    expect(reasonFor(demoModelPath)).toMatch(/adapter/);
  });

  test.each([
    [
      "metadata of a wrong type",
      [...sound.slice(0, 1), ["general.type", { type: "u32", value: 1 }]],
      pair([256n, 4n]),
      "another type",
    ],
    [
      "an alpha that is no number",
      [...sound.slice(0, 3), ["adapter.lora.alpha", { type: "f32", value: Number.NaN }]],
      pair([256n, 4n]),
      "alpha",
    ],
    ["a third axis", sound, pair([256n, 4n, 3n]), "shape"],
    ["a format that nothing multiplies with", sound, pair([256n, 4n], 24), "stored as"],
    [
      "an activated adapter",
      [
        ...sound,
        [
          "adapter.alora.invocation_tokens",
          { type: "array", elementType: 4, count: 1n, bytes: [1, 0, 0, 0] },
        ],
      ],
      pair([256n, 4n]),
      "activated",
    ],
    ["no tensors", sound, [], "no tensors"],
    ["one half of a pair", sound, pair([256n, 4n]).slice(0, 1), "missing one component"],
  ] as const)("is refused for %s", async (_, metadata, tensors, reason) => {
    using folder = createTemporaryFolder();
    const path = join(folder.path, "adapter.gguf");
    await Bun.write(path, writeTinyGguf({ metadata, tensors, dataBytes: 16_384 }));
    expect(reasonFor(path)).toContain(reason);
    expect(backend.tokenize("still here", { addSpecial: false, parseSpecial: false }).length).toBeGreaterThan(
      0,
    );
  });
});
