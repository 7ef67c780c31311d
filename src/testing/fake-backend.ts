import { type AdapterSet, noAdapters } from "../engine/host/adapters.ts";
import type { Backend, Batch, Sampler } from "../engine/host/backend.ts";

export type FakeBackendOptions = {
  readonly kvTokens: number;
  readonly maxSequences: number;
  readonly batchTokens?: number;
  readonly sequenceTokens?: number;
  readonly canTrim?: boolean;
  /** Told of every batch before it runs; a throw fails the step. */
  readonly onDecode?: (batch: Batch) => void;
  /** Told of every change of adapters. */
  readonly onAdapt?: (adapters: AdapterSet) => void;
  /** Paths that `loadAdapter` refuses. */
  readonly brokenAdapters?: readonly string[];
};

export type FakeBackend = Backend & {
  /** Cells in use, those that several sequences share counted once. */
  usedCells(): number;
  sequenceTokens(sequence: number): readonly number[];
};

/** A cell of the pretended cache: shared between sequences by identity, as `copySequence` does in the library. */
type Cell = { readonly token: number; readonly adapters: string };

export const fakeVocabularySize = 97;

/** The token that the pretended model says after a history; any wrong or missing cell, or other adapters, change it. */
export function fakeNextToken(history: readonly number[], adapters = noAdapters.key): number {
  let hash = 17;
  for (let i = 0; i < adapters.length; i++) hash = (hash * 37 + adapters.charCodeAt(i)) % 1_000_003;
  for (const token of history) hash = (hash * 31 + token + 1) % 1_000_003;
  return hash % fakeVocabularySize;
}

/**
 * A backend whose model is a hash of what lies in its cache. It checks each batch as strictly as the library would:
 * positions follow one another, nothing exceeds the cells, sequences are known.
 */
export function createFakeBackend(options: FakeBackendOptions): FakeBackend {
  const { kvTokens, maxSequences, batchTokens = 512, sequenceTokens = kvTokens, canTrim = true } = options;
  const sequences: Cell[][] = Array.from({ length: maxSequences }, () => []);
  let rows: (number | undefined)[] = [];
  let adaptersInUse = noAdapters.key;
  let adapterCount = 0;
  const savedWith = new WeakMap<Uint8Array, string>();
  const usedCells = () => new Set(sequences.flat()).size;
  const cellsOf = (sequence: number): Cell[] => {
    const cells = sequences[sequence];
    if (!cells) throw new Error(`sequence ${sequence} does not exist`);
    return cells;
  };

  function decode(batch: Batch): "ok" | "no-space" {
    options.onDecode?.(batch);
    if (batch.size === 0 || batch.size > batchTokens) throw new Error(`a batch of ${batch.size} tokens`);
    if (usedCells() + batch.size > kvTokens) return "no-space";
    rows = [];
    for (let i = 0; i < batch.size; i++) {
      const cells = cellsOf(batch.sequences[i] ?? -1);
      if (batch.positions[i] !== cells.length)
        throw new Error(`position ${batch.positions[i]} after ${cells.length} cells`);
      cells.push({ token: batch.tokens[i] ?? -1, adapters: adaptersInUse });
      if (cells.some((cell) => cell.adapters !== adaptersInUse))
        throw new Error("cells that were computed with other adapters");
      const history = cells.map((cell) => cell.token);
      rows.push(batch.outputs[i] ? fakeNextToken(history, adaptersInUse) : undefined);
    }
    return "ok";
  }

  return {
    model: {
      architecture: "fake",
      description: "fake",
      parameters: 0,
      sizeBytes: 0,
      vocabularySize: fakeVocabularySize,
      embeddingLength: 1,
      layers: 1,
      trainedContextTokens: sequenceTokens,
      placement: { device: "cpu", gpuLayers: 0, failedAttempts: [] },
      capabilities: {
        generate: true,
        chat: false,
        tools: false,
        reasoning: false,
        infill: false,
        embed: false,
        rerank: false,
      },
      endTokens: new Set(),
      addsBos: false,
      bosToken: undefined,
      infillTokens: undefined,
      canTrim,
      recommendedSampling: {},
    },
    context: {
      kvTokens,
      sequenceTokens,
      maxSequences,
      batchTokens,
      maxOutputs: batchTokens,
      embedTokens: 0,
      threads: 1,
    },
    chat: undefined,
    decode,
    sample(count, batchIndex, _samplers, tokens) {
      for (let i = 0; i < count; i++) {
        const token = rows[batchIndex[i] ?? -1];
        if (token === undefined) throw new Error(`no logits at batch place ${batchIndex[i]}`);
        tokens[i] = token;
      }
    },
    rawLogprob: (_batchIndex, token) => ({
      token,
      logprob: -1,
      entropy: 0,
      topTokens: new Int32Array(0),
      topLogprobs: new Float32Array(0),
    }),
    createSampler: () => createFakeSampler(),
    loadAdapter(path) {
      if (options.brokenAdapters?.includes(path)) throw new Error(`${path} is broken`);
      return adapterCount++;
    },
    useAdapters(adapters) {
      if (adapters.key === adaptersInUse) return;
      options.onAdapt?.(adapters);
      adaptersInUse = adapters.key;
    },
    setThreads: () => {},
    removeSequence(sequence, from, to) {
      const cells = cellsOf(sequence);
      const end = to < 0 ? cells.length : to;
      if (!canTrim && from > 0 && from < cells.length) return false;
      cells.splice(from, end - from);
      return true;
    },
    copySequence(source, target, from, to) {
      if (cellsOf(target).length > 0) throw new Error(`sequence ${target} is not empty`);
      if (from !== 0 || to > cellsOf(source).length) throw new Error(`an illegal range ${from} to ${to}`);
      cellsOf(target).push(...cellsOf(source).slice(from, to));
    },
    saveSequence(sequence) {
      const state = new Uint8Array(Int32Array.from(cellsOf(sequence), (cell) => cell.token).buffer);
      savedWith.set(state, cellsOf(sequence)[0]?.adapters ?? noAdapters.key);
      return state;
    },
    restoreSequence(sequence, state) {
      const tokens = new Int32Array(state.slice().buffer);
      if (usedCells() + tokens.length > kvTokens) return false;
      const adapters = savedWith.get(state) ?? noAdapters.key;
      sequences[sequence] = Array.from(tokens, (token) => ({ token, adapters }));
      return true;
    },
    schemaToGrammar: () => "root ::= [a]",
    tokenize: (text) => Int32Array.from(text, (character) => character.charCodeAt(0) % fakeVocabularySize),
    piece: (token) => Uint8Array.of(33 + (token % 90)),
    detokenize: (tokens) => String.fromCharCode(...tokens),
    embed: () => [],
    rank: () => new Float32Array(0),
    rerankTokens: () => new Int32Array(0),
    free: () => {},
    usedCells,
    sequenceTokens: (sequence) => cellsOf(sequence).map((cell) => cell.token),
  };
}

function createFakeSampler(): Sampler {
  return { acceptPrompt: () => {}, takeLogprobs: () => [], lastError: undefined, free: () => {} };
}
