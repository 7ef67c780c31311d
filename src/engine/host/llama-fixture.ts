/** What the tests of the native backend share. */
import { libraryDir } from "../../../native/library.ts";
import { demoModelPath } from "../../testing/index.ts";
import type { Backend, Batch, ChatRenderRequest, RawLogprob, Sampler, SamplerOptions } from "./backend.ts";
import { createLlamaBackend } from "./llama-backend.ts";
import type { ContextPlan, LoadOptions } from "./load-options.ts";

/** A plan of contexts for small models. */
export function planTestContext(kvTokens: number, sequenceTokens = kvTokens): ContextPlan {
  return { kvTokens, sequenceTokens, maxSequences: 8, batchTokens: 512, maxOutputs: 512, embedTokens: 512 };
}

export function loadTestBackend(options: Partial<LoadOptions> = {}): Backend {
  return createLlamaBackend({
    libraryDir: libraryDir(),
    modelPath: demoModelPath,
    parallel: 2,
    kvType: "f16",
    gpuLayers: 0,
    prefixCacheBytes: 0,
    context: planTestContext(1024),
    // Threads that wait for each other make a busy machine slow out of all proportion.
    threads: 1,
    ...options,
  });
}

export function chatRequest(content: string, more: Partial<ChatRenderRequest> = {}): ChatRenderRequest {
  return {
    messages: [{ role: "user", content }],
    tools: [],
    toolChoice: "auto",
    parallelToolCalls: false,
    reasoningFormat: "split",
    templateVariables: {},
    continueFinalMessage: false,
    addGenerationPrompt: true,
    ...more,
  };
}

export function samplerOptions(
  sampling: SamplerOptions["sampling"],
  more: Partial<SamplerOptions> = {},
): SamplerOptions {
  return { sampling, seed: 1, generationPrompt: "", entropy: false, ...more };
}

/** Evaluates tokens of a sequence from a position on; logits are asked for at the last. Returns its batch place. */
export function evaluate(backend: Backend, tokens: ArrayLike<number>, from = 0, sequence = 0): number {
  const size = tokens.length;
  const batch: Batch = {
    size,
    tokens: Int32Array.from(tokens),
    positions: Int32Array.from({ length: size }, (_, i) => from + i),
    sequences: new Int32Array(size).fill(sequence),
    outputs: Int8Array.from({ length: size }, (_, i) => (i === size - 1 ? 1 : 0)),
  };
  if (backend.decode(batch) !== "ok") throw new Error("the batch did not fit");
  return size - 1;
}

export function sampleOne(backend: Backend, place: number, sampler: Sampler): number {
  const tokens = new Int32Array(1);
  backend.sample(1, Int32Array.of(place), [sampler], tokens);
  return tokens[0] ?? -1;
}

/** Evaluates a prompt in sequence 0 and samples until an end token, a failure or `maxTokens`. */
export function generate(backend: Backend, prompt: Int32Array, sampler: Sampler, maxTokens = 64): number[] {
  backend.removeSequence(0, 0, -1);
  let place = evaluate(backend, prompt);
  const tokens: number[] = [];
  while (tokens.length < maxTokens) {
    const token = sampleOne(backend, place, sampler);
    if (token < 0 || backend.model.endTokens.has(token)) break;
    tokens.push(token);
    place = evaluate(backend, [token], prompt.length + tokens.length - 1);
  }
  return tokens;
}

/** The text of an answer; the tokens in `special` show too. */
export function toText(
  backend: Backend,
  tokens: readonly number[],
  special: ReadonlySet<number> = new Set(),
): string {
  return Buffer.concat(tokens.map((token) => backend.piece(token, special.has(token)))).toString("utf8");
}

/** The whole raw distribution at a batch place. */
export function distribution(backend: Backend, place: number): RawLogprob {
  return backend.rawLogprob(place, 0, backend.model.vocabularySize);
}
