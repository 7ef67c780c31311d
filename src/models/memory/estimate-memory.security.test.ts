import { expect, test } from "bun:test";
import fc from "fast-check";
import { estimateMemory } from "./estimate-memory.ts";
import { createHeader } from "./header.fixture.ts";

const keys = [
  "block_count",
  "context_length",
  "embedding_length",
  "attention.head_count",
  "attention.head_count_kv",
  "attention.key_length",
  "attention.value_length",
  "attention.key_length_mla",
  "attention.shared_kv_layers",
  "attention.sliding_window",
  "expert_used_count",
  "full_attention_interval",
  "ssm.conv_kernel",
  "ssm.inner_size",
  "ssm.state_size",
  "ssm.group_count",
  "wkv.head_size",
  "shortconv.l_cache",
  "kda.head_dim",
  "pooling_type",
] as const;
const architectures = [
  "llama",
  "bert",
  "mamba",
  "rwkv7",
  "lfm2",
  "qwen3next",
  "kimi-linear",
  "gemma3n",
  "novel",
];
const absurd = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -1, 2 ** 32 - 1, 2 ** 53, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY),
  fc.array(fc.integer({ min: 0, max: 2 ** 32 }), { maxLength: 4 }),
  fc.boolean(),
);

test("no sizes that a header claims make the estimate negative, endless or not a number", () => {
  const header = fc.record({
    architecture: fc.constantFrom(...architectures),
    sizes: fc.dictionary(fc.constantFrom(...keys), absurd),
    vocabularySize: fc.integer({ min: 0, max: 2 ** 28 }),
    tensors: fc.array(
      fc.tuple(
        fc.constantFrom(
          "token_embd.weight",
          "output.weight",
          "blk.0.attn_q.weight",
          "blk.999.ffn_up_exps.weight",
        ),
        fc.constantFrom("F32", "Q4_0", "Q8_0"),
        fc.array(fc.integer({ min: 0, max: 2 ** 31 }), { minLength: 1, maxLength: 4 }),
      ),
      { maxLength: 6 },
    ),
  });
  const use = fc.record({
    parallel: fc.integer({ min: 1, max: 256 }),
    gpuLayers: fc.integer({ min: -1, max: 600 }),
    kvType: fc.constantFrom("f16", "q8_0", "f32"),
    memoryBytes: fc.integer({ min: 0, max: 2 ** 45 }),
  });
  fc.assert(
    fc.property(header, use, (parts, options) => {
      const { plan, ...estimate } = estimateMemory(createHeader(parts), options);
      for (const [name, value] of [...Object.entries(estimate), ...Object.entries(plan)]) {
        expect(Number.isSafeInteger(value) && value >= 0, `${name} is ${value}`).toBe(true);
      }
      expect(estimate.totalBytes).toBeGreaterThanOrEqual(estimate.deviceBytes);
    }),
    { numRuns: 2_000 },
  );
});

test("a header of 16,384 tensors in 512 layers is sized in less than a second", () => {
  const tensors = Array.from({ length: 16_384 }, (_, index) => {
    return [`blk.${index % 512}.attn_q${index}.weight`, "F16", [64, 64]] as const;
  });
  const sizes = { block_count: 512, embedding_length: 64, "attention.head_count": 4 };
  const startedAtMs = performance.now();
  estimateMemory(createHeader({ sizes, tensors }), { parallel: 4, kvType: "f16", memoryBytes: 2 ** 33 });
  expect(performance.now() - startedAtMs).toBeLessThan(1_000);
});
