import { writeFileSync } from "node:fs";
import { openFileSource } from "../../src/models/gguf/byte-source.ts";
import { readGgufHeader } from "../../src/models/gguf/read-header.ts";
import { encodeHeader } from "../../src/testing/gguf/gguf-writer.ts";
import { createTemporaryFolder } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { median } from "../statistics.ts";

const fileBytes = 4 * 2 ** 30;
const layers = 32;
const rows = 4_096;
const vocabulary = 32_000;
const maxMs = 5;
const runs = 15;

/** The header of a file of 4 GiB: a real one's shape and vocabulary, its weights allocated and never read. */
export async function measureHeader(): Promise<readonly Figure[]> {
  using folder = createTemporaryFolder();
  const path = folder.file("large.gguf");
  writeFileSync(path, encodeHeader(describeModel()));
  // Allocated and never written: a file of holes would be refused.
  await Bun.$`fallocate -l ${fileBytes} ${path}`;
  const timesMs: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedMs = performance.now();
    using source = openFileSource(path);
    readGgufHeader(source);
    timesMs.push(performance.now() - startedMs);
  }
  const ms = median(timesMs);
  return [
    {
      name: `header of a 4 GiB file with ${vocabulary} tokens`,
      value: `${ms.toFixed(1)} ms`,
      target: `<= ${maxMs} ms`,
      isReached: ms <= maxMs,
    },
  ];
}

function describeModel() {
  const tensor = (name: string, columns: number) => ({
    name,
    type: "Q4_0" as const,
    shape: [rows, columns],
    chunks: () => [],
  });
  const perLayer = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
  return {
    metadata: {
      "general.architecture": { type: "string", value: "llama" },
      "general.name": { type: "string", value: "large" },
      "llama.block_count": { type: "uint32", value: layers },
      "llama.context_length": { type: "uint32", value: 8192 },
      "llama.embedding_length": { type: "uint32", value: rows },
      "llama.attention.head_count": { type: "uint32", value: 32 },
      "tokenizer.ggml.tokens": {
        type: "strings",
        value: Array.from({ length: vocabulary }, (_, index) => `token${index}`),
      },
    },
    tensors: [
      tensor("token_embd.weight", vocabulary),
      ...Array.from({ length: layers }, (_, layer) =>
        perLayer.map((name) => tensor(`blk.${layer}.${name}.weight`, rows)),
      ).flat(),
    ],
  } as const;
}
