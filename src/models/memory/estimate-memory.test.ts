import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type EstimateOptions, estimateMemory } from "./estimate-memory.ts";
import { createHeader, type HeaderParts } from "./header.fixture.ts";
import { planGpuLayers } from "./plan-gpu-layers.ts";

const mib = 2 ** 20;
const options: EstimateOptions = { parallel: 4, kvType: "f16", memoryBytes: 2 ** 40 };
const kvTypes = ["q8_0", "f16", "f32"] as const;

function createLlama(sizes: HeaderParts["sizes"] = {}) {
  const layers = 8;
  const blocks = Array.from({ length: layers }, (_, layer) => [
    [`blk.${layer}.attn_q.weight`, "F16", [512, 512]] as const,
    [`blk.${layer}.ffn_gate.weight`, "F16", [512, 1_536]] as const,
    [`blk.${layer}.ffn_up.weight`, "F16", [512, 1_536]] as const,
    [`blk.${layer}.ffn_down.weight`, "F16", [1_536, 512]] as const,
  ]).flat();
  return createHeader({
    vocabularySize: 32_000,
    sizes: {
      block_count: layers,
      context_length: 32_768,
      embedding_length: 512,
      "attention.head_count": 8,
      "attention.head_count_kv": 8,
      ...sizes,
    },
    tensors: [["token_embd.weight", "F16", [512, 32_000]], ...blocks, ["output_norm.weight", "F32", [512]]],
  });
}

describe("the KV cache is as large as llama.cpp makes it", () => {
  test("of a model whose layers are all alike", () => {
    // 8 layers × 2 × 512 elements × 2 bytes × 8192 cells: 128 MiB in llama.cpp's log of a model of these sizes.
    const estimate = estimateMemory(createLlama(), { ...options, contextTokens: 2_048 });
    expect(estimate).toMatchObject({ kvBytes: 128 * mib, kvTokens: 8_192, contextTokens: 2_048 });
  });

  test("of multi-head latent attention, which keeps compressed keys alone", () => {
    const header = createHeader({
      architecture: "deepseek2",
      sizes: {
        block_count: 8,
        context_length: 16_384,
        embedding_length: 1_024,
        "attention.head_count": 16,
        "attention.head_count_kv": 1,
        "attention.key_length": 576,
        "attention.value_length": 512,
        "attention.key_length_mla": 192,
        "attention.value_length_mla": 128,
      },
    });
    expect(estimateMemory(header, { ...options, kvTokens: 8_192 }).kvBytes).toBe(72 * mib);
  });

  test("of a hybrid, which has a cache in some layers and a state in the others", () => {
    const header = createHeader({
      architecture: "lfm2",
      sizes: {
        block_count: 10,
        context_length: 16_384,
        embedding_length: 1_024,
        "attention.head_count": 16,
        "attention.head_count_kv": [0, 0, 8, 0, 0, 8, 0, 0, 8, 0],
        "shortconv.l_cache": 3,
      },
    });
    const stateBytes = 7 * 1_024 * 2 * 4 * 4;
    expect(estimateMemory(header, { ...options, kvTokens: 16_384 }).kvBytes).toBe(96 * mib + stateBytes);
  });

  test("of a model that is recurrent in every layer, with a state for each sequence", () => {
    const header = createHeader({
      architecture: "mamba",
      sizes: {
        block_count: 16,
        context_length: 8_192,
        embedding_length: 768,
        "ssm.conv_kernel": 4,
        "ssm.inner_size": 1_536,
        "ssm.state_size": 16,
      },
    });
    const { kvBytes } = estimateMemory(header, { ...options, parallel: 2 });
    expect(kvBytes / mib).toBeCloseTo(3.56, 2);
  });

  test("of a model that reads a text as a whole and keeps none", () => {
    const header = createHeader({
      architecture: "bert",
      sizes: {
        block_count: 2,
        embedding_length: 32,
        context_length: 512,
        pooling_type: 1,
        "attention.causal": false,
      },
    });
    expect(estimateMemory(header, options)).toMatchObject({ kvBytes: 0, kvTokens: 0 });
  });
});

describe("the estimate", () => {
  test("grows with the context, the KV type and the sequences", () => {
    const header = createLlama();
    const size = fc.record({
      contextTokens: fc.integer({ min: 1, max: 32_768 }),
      parallel: fc.integer({ min: 1, max: 64 }),
      kvType: fc.constantFrom(...kvTypes),
    });
    fc.assert(
      fc.property(
        size,
        fc.integer({ min: 0, max: 8_192 }),
        fc.integer({ min: 0, max: 64 }),
        (each, tokens, more) => {
          const base = estimateMemory(header, { ...options, ...each });
          const longer = estimateMemory(header, {
            ...options,
            ...each,
            contextTokens: each.contextTokens + tokens,
          });
          const wider = estimateMemory(header, { ...options, ...each, parallel: each.parallel + more });
          const wholeType = estimateMemory(header, { ...options, ...each, kvType: "f32" });
          expect(longer.totalBytes).toBeGreaterThanOrEqual(base.totalBytes);
          expect(wholeType.totalBytes).toBeGreaterThanOrEqual(base.totalBytes);
          expect(wider.kvBytes + wider.outputBytes).toBeGreaterThanOrEqual(base.kvBytes + base.outputBytes);
        },
      ),
    );
  });

  test("counts a projector and adapters by their tensors", () => {
    const extra = createHeader({ tensors: [["a", "F32", [1_000]]] });
    const bare = estimateMemory(createLlama(), options);
    const full = estimateMemory(createLlama(), { ...options, projector: extra, adapters: [extra, extra] });
    expect(full).toMatchObject({ projectorBytes: 4_000, adapterBytes: 8_000 });
    expect(full.totalBytes).toBe(bare.totalBytes + 12_000);
  });

  test("takes the widths of an architecture that it does not know from its tensors", () => {
    const { metadata, ...rest } = createLlama();
    const renamed = new Map([...metadata].map(([key, value]) => [key.replace("llama.", "novel."), value]));
    renamed.set("general.architecture", { type: "text", value: "novel" });
    const known = estimateMemory({ metadata, ...rest }, options);
    expect(estimateMemory({ metadata: renamed, ...rest }, options)).toEqual(known);
  });

  test("refuses to size a model without files", () => {
    expect(() => estimateMemory([], options)).toThrow("without files");
  });
});

describe("layers on a GPU", () => {
  const header = createLlama();

  test("take their part of the weights and the cache with them, more the more there are", () => {
    const estimates = Array.from({ length: 10 }, (_, gpuLayers) =>
      estimateMemory(header, { ...options, gpuLayers }),
    );
    expect(estimates[0]?.deviceBytes).toBe(0);
    for (const [index, { hostBytes, deviceBytes, totalBytes }] of estimates.entries()) {
      expect(hostBytes + deviceBytes).toBe(totalBytes);
      expect(deviceBytes).toBeGreaterThanOrEqual(estimates[index - 1]?.deviceBytes ?? 0);
    }
    expect(estimates.at(-1)).toEqual(estimateMemory(header, { ...options, gpuLayers: -1 }));
  });

  test("are as many as fit what is free", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (freeDeviceBytes) => {
        const layers = planGpuLayers(header, options, freeDeviceBytes);
        const take = (gpuLayers: number) => estimateMemory(header, { ...options, gpuLayers }).deviceBytes;
        expect(take(layers)).toBeLessThanOrEqual(freeDeviceBytes);
        if (layers < 9) expect(take(layers + 1)).toBeGreaterThan(freeDeviceBytes * 0.95);
      }),
    );
  });
});
