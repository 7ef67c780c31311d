/** Loads a model and its generation context where they fit: on the GPU, in part or not at all. */
import { availableParallelism } from "node:os";
import { AppError } from "../../base/index.ts";
import type { ModelPlacement } from "../../contract/index.ts";
import type { DeviceMemory } from "../protocol.ts";
import type { ContextFacts } from "./backend.ts";
import { readableReason } from "./llama-log.ts";
import type { LoadOptions } from "./load-options.ts";
import type { NativeModelFacts } from "./native-facts.ts";
import {
  describePlacement,
  type FailedAttempt,
  isMemoryFailure,
  PlacementError,
  placeLayers,
} from "./placement.ts";
import { encodeText, type Native, type NativePointer } from "./symbols.ts";

type NativeModel = {
  readonly model: NativePointer;
  readonly threads: NativePointer;
  /** Absent for models that cannot generate. */
  readonly generation: NativePointer | undefined;
  readonly facts: NativeModelFacts;
  readonly generates: boolean;
  readonly context: ContextFacts;
  /** Of the attempt that worked. */
  readonly modelMs: number;
  readonly contextMs: number;
};

export type LoadedModel = NativeModel & {
  readonly placement: ModelPlacement;
  /** What llama.cpp allocated; absent for models that cannot generate. */
  readonly memory: readonly DeviceMemory[] | undefined;
};

/** Below this size a model runs on one thread. */
const oneThreadModelBytes = 32 * 1024 * 1024;
/** The shim's numbers of types. */
const kvTypeCodes = { f16: 0, q8_0: 1, f32: 2 } as const;

/** Throws AppError out_of_memory where nothing fits, and model_load_failed with llama.cpp's own words for the rest. */
export function loadModel(native: Native, options: LoadOptions): LoadedModel {
  const wish = { ...options, hasGpu: options.gpuLayers !== 0 && hasGpu(native) };
  try {
    const placed = placeLayers(wish, (gpuLayers) => loadOnce(native, options, gpuLayers));
    const { loaded } = placed;
    return {
      ...loaded,
      placement: describePlacement(placed, loaded.facts.layers, readableReason),
      memory: loaded.generation === undefined ? undefined : readMemory(native, loaded.generation),
    };
  } catch (error) {
    throw error instanceof PlacementError ? describeFailure(error, options.modelPath) : error;
  }
}

export function freeModel(
  native: Native,
  loaded: Pick<LoadedModel, "model" | "generation"> & { readonly threads: NativePointer | undefined },
): void {
  if (loaded.generation !== undefined) native.symbols.hearth_context_free(loaded.generation);
  native.symbols.hearth_model_free(loaded.model);
  if (loaded.threads !== undefined) native.symbols.hearth_threads_free(loaded.threads);
}

function hasGpu({ symbols, takeText }: Native): boolean {
  const devices = JSON.parse(takeText(symbols.hearth_devices())) as readonly { readonly gpu: boolean }[];
  return devices.some(({ gpu }) => gpu);
}

function readMemory({ symbols, takeText }: Native, generation: NativePointer): readonly DeviceMemory[] {
  return JSON.parse(takeText(symbols.hearth_context_memory(generation))) as readonly DeviceMemory[];
}

function loadOnce(native: Native, options: LoadOptions, gpuLayers: number): NativeModel {
  const { symbols, checkPointer, takeText } = native;
  const startedAtMs = performance.now();
  const path = encodeText(options.modelPath);
  const model = checkPointer(symbols.hearth_model_load(path, path.length, gpuLayers));
  const modelMs = performance.now() - startedAtMs;
  let threads: NativePointer | undefined;
  let generation: NativePointer | undefined;
  try {
    const facts = JSON.parse(takeText(symbols.hearth_model_describe(model))) as NativeModelFacts;
    const threadCount = options.threads ?? defaultThreads(native, facts);
    threads = checkPointer(symbols.hearth_threads_new(threadCount));
    const generates = facts.decodes && facts.causal && !facts.pools;
    const planned = { ...options.context, threads: threadCount };
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
      modelMs,
      contextMs: performance.now() - startedAtMs - modelMs,
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
  const { kvTokens, batchTokens, maxSequences, maxOutputs } = from.planned;
  return checkPointer(
    symbols.hearth_context_new(
      from.model,
      from.threads,
      kvTokens,
      batchTokens,
      maxSequences,
      maxOutputs,
      kvTypeCodes[from.options.kvType],
    ),
  );
}

function describeFailure({ failedAttempts }: PlacementError, path: string): AppError {
  const { error } = failedAttempts.at(-1) ?? { error: undefined };
  const code = isMemoryFailure(error)
    ? "out_of_memory"
    : error instanceof AppError
      ? error.code
      : "model_load_failed";
  return new AppError(code, `${path} cannot be loaded: ${readableReason(error)}${tried(failedAttempts)}`, {
    cause: error,
    details: { path },
  });
}

function tried(attempts: readonly FailedAttempt[]): string {
  if (attempts.length < 2) return "";
  const layers = attempts.map(({ gpuLayers }) => (gpuLayers < 0 ? "all" : gpuLayers)).join(", ");
  return `; tried with ${layers} layers on the GPU`;
}
