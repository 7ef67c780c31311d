import { bench } from "mitata";
import { buildLibrary } from "../../native/build.ts";
import type { Backend, Sampler, SamplerOptions } from "../../src/engine/host/backend.ts";
import { createLlamaBackend } from "../../src/engine/host/llama-backend.ts";
import { ensureModel, smallVocabulary152k } from "../models.ts";

const ROWS = 32;
const usual = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 } as const;

/** Samples again and again from the logits of one step, 151,936 a row. */
export async function registerSampling(): Promise<Disposable> {
  const backend = createLlamaBackend({
    libraryDir: await buildLibrary(),
    modelPath: await ensureModel(smallVocabulary152k),
    context: {
      kvTokens: 4096,
      sequenceTokens: 128,
      maxSequences: 48,
      batchTokens: 512,
      maxOutputs: 48,
      embedTokens: 128,
    },
    parallel: ROWS,
    kvType: "f16",
    gpuLayers: 0,
    prefixCacheBytes: 0,
  });
  decodeOneStep(backend);
  const samplers: Sampler[] = [];
  const cases: Readonly<
    Record<string, { readonly rows: number; readonly options: Partial<SamplerOptions> }>
  > = {
    "1 row, top-k, top-p, min-p": { rows: 1, options: { sampling: usual } },
    [`${ROWS} rows, top-k, top-p, min-p`]: { rows: ROWS, options: { sampling: usual } },
    "1 row, greedy": { rows: 1, options: { sampling: { temperature: 0 } } },
    "1 row, no top-k": { rows: 1, options: { sampling: { ...usual, topK: 0 } } },
    "1 row, repeat penalty": { rows: 1, options: { sampling: { ...usual, repeatPenalty: 1.1 } } },
    "1 row, 5 logprobs": { rows: 1, options: { sampling: usual, topLogprobs: 5 } },
    "1 row, entropy": { rows: 1, options: { sampling: usual, entropy: true } },
    "1 row, grammar": { rows: 1, options: { sampling: usual, grammar: anyLetters } },
  };
  for (const [name, { rows, options }] of Object.entries(cases)) {
    const rowSamplers = Array.from({ length: rows }, (_, seed) =>
      backend.createSampler({ sampling: usual, seed, generationPrompt: "", entropy: false, ...options }),
    );
    samplers.push(...rowSamplers);
    const batchIndex = Int32Array.from({ length: rows }, (_, row) => row);
    const tokens = new Int32Array(rows);
    bench(name, () => {
      backend.sample(rows, batchIndex, rowSamplers, tokens);
      if ((tokens[0] ?? -1) < 0) throw rowSamplers[0]?.lastError ?? new Error("no token was sampled");
    });
  }
  return {
    [Symbol.dispose]() {
      for (const sampler of samplers) sampler.free();
      backend.free();
    },
  };
}

const anyLetters = {
  text: "root ::= [a-z ]*",
  source: "user",
  lazy: false,
  triggers: [],
  preservedTokens: [],
} as const;

function decodeOneStep(backend: Backend): void {
  const status = backend.decode({
    size: ROWS,
    tokens: Int32Array.from({ length: ROWS }, (_, row) => 1000 + row),
    positions: new Int32Array(ROWS),
    sequences: Int32Array.from({ length: ROWS }, (_, row) => row),
    outputs: new Int8Array(ROWS).fill(1),
  });
  if (status !== "ok") throw new Error("the KV cache cannot hold one step");
}
