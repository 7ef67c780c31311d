/** Loads a model and its generation context, choosing sizes that the machine can hold. */
import { availableParallelism } from "node:os";
import { AppError } from "../../base/index.ts";
import type { Sampling } from "../../contract/index.ts";
import type { ContextFacts } from "./backend.ts";
import type { LoadOptions } from "./load-options.ts";
import { encodeText, type Native, type NativePointer } from "./symbols.ts";

/** What the shim tells of a model. */
export type NativeModelFacts = {
  readonly architecture: string;
  readonly description: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly vocabularySize: number;
  readonly embeddingLength: number;
  readonly layers: number;
  readonly trainedContextTokens: number;
  readonly slidingWindow: number;
  readonly recurrent: boolean;
  readonly causal: boolean;
  /** Has a decoder that needs no encoder. */
  readonly decodes: boolean;
  /** The file names a way to pool embeddings. */
  readonly pools: boolean;
  readonly ranks: boolean;
  readonly kvElementsPerToken: number;
  readonly addsBos: boolean;
  readonly bosToken: number | null;
  readonly infillPrefix: number | null;
  readonly infillSuffix: number | null;
  readonly infillMiddle: number | null;
  readonly endTokens: readonly number[];
  readonly recommendedSampling: Sampling;
};

export type LoadedModel = {
  readonly model: NativePointer;
  readonly threads: NativePointer;
  /** Absent for models that cannot generate. */
  readonly generation: NativePointer | undefined;
  readonly facts: NativeModelFacts;
  readonly generates: boolean;
  readonly context: ContextFacts;
};

/** One physical batch: larger ones speed prefill up little and make every step last longer. */
const batchTokens = 512;
const defaultContextTokens = 8192;
/** The cache is made larger than these only when asked for: loading touches all of its memory. */
const maxDefaultKvTokens = 16384;
const maxDefaultFullContexts = 4;
const kvShareOfMemory = 0.25;
const maxNativeSequences = 256;
/** Memory that the logits of one batch may take, unless running sequences alone need more. */
const outputBytes = 16 * 1024 * 1024;
const bytesPerLogit = 4;
/** A causal model computes logits for every embedded token, needed or not. */
const embedOutputBytes = 1024 * 1024 * 1024;
const maxEmbedTokens = 8192;
/** Below this size a model runs on one thread. */
const oneThreadModelBytes = 32 * 1024 * 1024;
/** Layers to try on a GPU that is too small for all; the last runs without it. */
const gpuLayerSteps = [64, 48, 32, 24, 16, 8, 0];

const kvTypes = {
  f16: { code: 0, bytesPerElement: 2 },
  q8_0: { code: 1, bytesPerElement: 34 / 32 },
  f32: { code: 2, bytesPerElement: 4 },
} as const;

/** Tries fewer layers on the GPU until the model and its context fit. Throws AppError model_load_failed. */
export function loadModel(native: Native, options: LoadOptions): LoadedModel {
  const attempts = hasGpu(native)
    ? [options.gpuLayers, ...gpuLayerSteps.filter((layers) => fewer(layers, options.gpuLayers))]
    : [0];
  let failure: unknown;
  for (const gpuLayers of attempts) {
    try {
      return loadOnce(native, options, gpuLayers);
    } catch (error) {
      failure ??= error;
    }
  }
  throw describeFailure(failure, options.modelPath);
}

export function freeModel(
  native: Native,
  loaded: Pick<LoadedModel, "model" | "generation"> & { readonly threads: NativePointer | undefined },
): void {
  if (loaded.generation !== undefined) native.symbols.hearth_context_free(loaded.generation);
  native.symbols.hearth_model_free(loaded.model);
  if (loaded.threads !== undefined) native.symbols.hearth_threads_free(loaded.threads);
}

function fewer(layers: number, wanted: number): boolean {
  return wanted < 0 || layers < wanted;
}

function hasGpu({ symbols, takeText }: Native): boolean {
  const devices = JSON.parse(takeText(symbols.hearth_devices())) as readonly { readonly gpu: boolean }[];
  return devices.some(({ gpu }) => gpu);
}

function loadOnce(native: Native, options: LoadOptions, gpuLayers: number): LoadedModel {
  const { symbols, checkPointer, takeText } = native;
  const path = encodeText(options.modelPath);
  const model = checkPointer(symbols.hearth_model_load(path, path.length, gpuLayers));
  let threads: NativePointer | undefined;
  let generation: NativePointer | undefined;
  try {
    const facts = JSON.parse(takeText(symbols.hearth_model_describe(model))) as NativeModelFacts;
    const threadCount = options.threads ?? defaultThreads(native, facts);
    threads = checkPointer(symbols.hearth_threads_new(threadCount));
    const generates = facts.decodes && facts.causal && !facts.pools;
    const planned = planContext(facts, options, threadCount);
    if (generates) generation = createGeneration(native, { model, threads, options, planned });
    const kvTokens = generation === undefined ? 0 : symbols.hearth_context_kv_tokens(generation);
    const sequenceTokens = generates ? Math.min(planned.sequenceTokens, kvTokens) : planned.sequenceTokens;
    return {
      model,
      threads,
      generation,
      facts,
      generates,
      context: { ...planned, kvTokens, sequenceTokens },
    };
  } catch (error) {
    freeModel(native, { model, threads, generation });
    throw error;
  }
}

/** Threads wait for one another at every step of a graph: a tiny model is done before that pays. */
function defaultThreads({ symbols }: Native, facts: NativeModelFacts): number {
  if (facts.sizeBytes < oneThreadModelBytes) return 1;
  return Math.min(availableParallelism(), symbols.hearth_default_threads());
}

function createGeneration(
  { symbols, checkPointer }: Native,
  from: { model: NativePointer; threads: NativePointer; options: LoadOptions; planned: ContextFacts },
): NativePointer {
  const { kvTokens, maxSequences, maxOutputs } = from.planned;
  const { code } = kvTypes[from.options.kvType];
  return checkPointer(
    symbols.hearth_context_new(
      from.model,
      from.threads,
      kvTokens,
      batchTokens,
      maxSequences,
      maxOutputs,
      code,
    ),
  );
}

function planContext(facts: NativeModelFacts, options: LoadOptions, threads: number): ContextFacts {
  const trained = Math.max(1, facts.trainedContextTokens);
  const sequenceTokens = Math.min(options.contextTokens ?? defaultContextTokens, trained);
  const wanted = sequenceTokens * Math.min(options.parallel, maxDefaultFullContexts);
  const bytesPerToken = facts.kvElementsPerToken * kvTypes[options.kvType].bytesPerElement;
  const affordable =
    bytesPerToken > 0 ? Math.floor((availableMemory() * kvShareOfMemory) / bytesPerToken) : wanted;
  const kvTokens =
    options.kvTokens ?? Math.max(sequenceTokens, Math.min(wanted, affordable, maxDefaultKvTokens));
  const maxSequences = planSequences(facts, options.parallel);
  const affordableOutputs = Math.floor(outputBytes / (bytesPerLogit * facts.vocabularySize));
  const embedLimit = facts.causal
    ? Math.floor(embedOutputBytes / (bytesPerLogit * facts.vocabularySize))
    : maxEmbedTokens;
  return {
    kvTokens,
    sequenceTokens,
    maxSequences,
    batchTokens,
    maxOutputs: Math.max(maxSequences, Math.min(batchTokens, affordableOutputs)),
    embedTokens: Math.max(1, Math.min(sequenceTokens, embedLimit, maxEmbedTokens)),
    threads,
  };
}

/** Some more than run, so that finished prefixes can stay; a recurrent model pays for each with a state of its own. */
function planSequences(facts: NativeModelFacts, parallel: number): number {
  const spare = facts.recurrent ? 0 : Math.max(4, Math.ceil(parallel / 2));
  return Math.min(maxNativeSequences, parallel + spare);
}

function availableMemory(): number {
  return process.availableMemory();
}

function describeFailure(error: unknown, path: string): AppError {
  const code = error instanceof AppError ? error.code : "model_load_failed";
  const reason = readableLog(error instanceof Error ? error.message : String(error));
  return new AppError(code, `${path} cannot be loaded: ${reason}`, { cause: error, details: { path } });
}

/** llama.cpp's lines without the names of its functions, each said once. */
function readableLog(log: string): string {
  const lines = log.split("\n").map((line) => line.replace(/^(\w+: )+(error loading model: )?/, "").trim());
  const telling = lines.filter((line) => line !== "" && !line.includes("failed to load model"));
  return [...new Set(telling)].join("; ") || "llama.cpp gave no reason";
}
