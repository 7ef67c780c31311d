import { AppError, toAppError } from "../../base/index.ts";
import type { DeviceMemory, LoadPhases } from "../protocol.ts";
import { type AdapterSet, noAdapters } from "./adapters.ts";
import type { Backend, Batch, ModelFacts, Sampler } from "./backend.ts";
import { createLlamaChat, type LlamaChat } from "./llama-chat.ts";
import { createEmbeddingCalls } from "./llama-embedding.ts";
import { freeModel, type LoadedModel, loadModel } from "./llama-load.ts";
import { readableReason } from "./llama-log.ts";
import { LlamaSampler, readRawRecord } from "./llama-sampler.ts";
import type { LoadOptions } from "./load-options.ts";
import {
  addressable,
  encodeText,
  type Native,
  type NativePointer,
  openNative,
  textLength,
} from "./symbols.ts";

/** How long the parts of a load took. */
export type BackendPhases = Pick<LoadPhases, "openMs" | "modelMs" | "contextMs" | "templateMs">;

export type LlamaBackend = Backend & {
  readonly phases: BackendPhases;
  /** What llama.cpp allocated; absent for models that cannot generate. */
  readonly memory: readonly DeviceMemory[] | undefined;
};

/**
 * Loads a model through the shim. Throws AppError model_load_failed with llama.cpp's own words. The template, which is
 * rendered to see what it can do, runs inside `watch`: it may never end.
 * On Linux the kernel ends this process from now on when the one that spawned it dies, even within a long decode.
 */
export function createLlamaBackend(
  options: LoadOptions,
  watch: (work: () => void) => void = (work) => work(),
): LlamaBackend {
  const startedAtMs = performance.now();
  const native = openNative(options.libraryDir);
  native.symbols.hearth_die_with_parent();
  const openMs = performance.now() - startedAtMs;
  const loaded = loadModel(native, options);
  const loadedAtMs = performance.now();
  let chat: LoadedChat = { templates: undefined };
  watch(() => {
    chat = loadChat(native, loaded, options.chatTemplate);
  });
  const templateMs = performance.now() - loadedAtMs;
  const { freeEmbedding, setEmbeddingThreads, ...embeddingCalls } = createEmbeddingCalls(native, loaded);
  const { setGenerationThreads, ...generationCalls } = createGenerationCalls(native, loaded);
  return {
    phases: { openMs, modelMs: loaded.modelMs, contextMs: loaded.contextMs, templateMs },
    memory: loaded.memory,
    model: toModelFacts(loaded, chat.templates),
    context: loaded.context,
    chat: chat.templates,
    ...(chat.problem !== undefined && { chatProblem: chat.problem }),
    ...generationCalls,
    ...createTextCalls(native, loaded),
    ...embeddingCalls,
    setThreads(threads) {
      const active = Math.max(1, Math.min(threads, loaded.context.threads));
      setGenerationThreads(active);
      setEmbeddingThreads(active);
    },
    free() {
      chat.templates?.free();
      freeEmbedding();
      freeModel(native, loaded);
    },
  };
}

type LoadedChat = { readonly templates: LlamaChat | undefined; readonly problem?: string };

function loadChat(
  native: Native,
  { model, generates }: LoadedModel,
  template: string | undefined,
): LoadedChat {
  if (!generates) return { templates: undefined };
  try {
    return { templates: createLlamaChat(native, model, template) };
  } catch (error) {
    return { templates: undefined, problem: toAppError(error).message };
  }
}

function toModelFacts({ facts, generates, placement }: LoadedModel, chat: LlamaChat | undefined): ModelFacts {
  const { infillPrefix: prefix, infillSuffix: suffix, infillMiddle: middle, bosToken, endTokens } = facts;
  const hasInfill = prefix !== null && suffix !== null && middle !== null;
  return {
    architecture: facts.architecture,
    description: facts.description,
    parameters: facts.parameters,
    sizeBytes: facts.sizeBytes,
    vocabularySize: facts.vocabularySize,
    embeddingLength: facts.embeddingLength,
    layers: facts.layers,
    trainedContextTokens: facts.trainedContextTokens,
    placement,
    addsBos: facts.addsBos,
    bosToken: bosToken ?? undefined,
    endTokens: new Set(endTokens),
    infillTokens: hasInfill ? { prefix, suffix, middle } : undefined,
    canTrim: !facts.recurrent && facts.slidingWindow === 0,
    recommendedSampling: facts.recommendedSampling,
    capabilities: {
      generate: generates,
      chat: chat !== undefined,
      tools: chat?.supportsTools ?? false,
      reasoning: chat?.supportsReasoning ?? false,
      infill: generates && hasInfill,
      embed: !facts.ranks,
      rerank: facts.ranks,
    },
  };
}

function createGenerationCalls(native: Native, { generation, model, context }: LoadedModel) {
  const { symbols, check } = native;
  const handles = new Int32Array(context.maxOutputs);
  let adaptersInUse = noAdapters.key;
  const needContext = (): NativePointer => {
    if (generation === undefined) throw new AppError("invalid_request", "this model does not generate text");
    return generation;
  };
  return {
    decode(batch: Batch): "ok" | "no-space" {
      const { size, tokens, positions, sequences, outputs } = batch;
      const status = check(symbols.hearth_decode(needContext(), size, tokens, positions, sequences, outputs));
      return status === 0 ? "ok" : "no-space";
    },
    sample(rows: number, batchIndex: Int32Array, samplers: readonly Sampler[], tokens: Int32Array): void {
      for (let row = 0; row < rows; row++) handles[row] = toHandle(samplers[row]);
      check(symbols.hearth_sample(needContext(), rows, batchIndex, handles, tokens));
    },
    rawLogprob: (batchIndex: number, token: number, top: number) =>
      readRawRecord(native, needContext(), { batchIndex, token, top }),
    createSampler: (options: Parameters<Backend["createSampler"]>[0]) =>
      new LlamaSampler(native, model, options),
    loadAdapter(path: string): number {
      const bytes = encodeText(path);
      try {
        return check(symbols.hearth_adapter_load(model, bytes, textLength(path, bytes)));
      } catch (cause) {
        throw new AppError(toAppError(cause).code, readableReason(cause), { cause });
      }
    },
    useAdapters({ key, indices, scales }: AdapterSet): void {
      if (key === adaptersInUse) return;
      check(
        symbols.hearth_context_adapt(
          needContext(),
          indices.length,
          addressable(indices),
          addressable(scales),
        ),
      );
      adaptersInUse = key;
    },
    setGenerationThreads(threads: number): void {
      if (generation !== undefined) symbols.hearth_context_set_threads(generation, threads);
    },
    removeSequence: (sequence: number, from: number, to: number) =>
      check(symbols.hearth_sequence_remove(needContext(), sequence, from, to)) === 1,
    copySequence(source: number, target: number, from: number, to: number): void {
      check(symbols.hearth_sequence_copy(needContext(), source, target, from, to));
    },
    saveSequence(sequence: number): Uint8Array {
      const state = new Uint8Array(check(symbols.hearth_state_size(needContext(), sequence)));
      check(symbols.hearth_state_save(needContext(), sequence, state, state.length));
      return state;
    },
    restoreSequence: (sequence: number, state: Uint8Array) =>
      check(symbols.hearth_state_restore(needContext(), sequence, state, state.length)) === 1,
  };
}

function toHandle(sampler: Sampler | undefined): number {
  if (!(sampler instanceof LlamaSampler))
    throw new AppError("server_error", "a row has no sampler of this backend");
  return sampler.handle;
}

function createTextCalls({ symbols, check, takeBytes, takeText }: Native, { model, facts }: LoadedModel) {
  const pieces: (Uint8Array | undefined)[] = new Array(facts.vocabularySize);
  const specialPieces: (Uint8Array | undefined)[] = new Array(facts.vocabularySize);
  const takeTokens = (count: number | bigint) =>
    new Int32Array(takeBytes(check(count) * Int32Array.BYTES_PER_ELEMENT).buffer);
  return {
    tokenize(
      text: string,
      options: { readonly addSpecial: boolean; readonly parseSpecial: boolean },
    ): Int32Array {
      const bytes = encodeText(text);
      const { addSpecial, parseSpecial } = options;
      return takeTokens(
        symbols.hearth_tokenize(
          model,
          bytes,
          textLength(text, bytes),
          addSpecial ? 1 : 0,
          parseSpecial ? 1 : 0,
        ),
      );
    },
    piece(token: number, special: boolean): Uint8Array {
      const cache = special ? specialPieces : pieces;
      const known = cache[token];
      if (known) return known;
      const bytes = takeBytes(symbols.hearth_piece(model, token, special ? 1 : 0));
      cache[token] = bytes;
      return bytes;
    },
    detokenize(tokens: Int32Array): string {
      return tokens.length === 0 ? "" : takeText(symbols.hearth_detokenize(model, tokens, tokens.length));
    },
    rerankTokens(query: string, document: string): Int32Array {
      const a = encodeText(query);
      const b = encodeText(document);
      return takeTokens(
        symbols.hearth_rerank_tokens(model, a, textLength(query, a), b, textLength(document, b)),
      );
    },
    schemaToGrammar(schema: string): string {
      const bytes = encodeText(schema);
      return takeText(symbols.hearth_schema_to_grammar(bytes, textLength(schema, bytes)));
    },
  };
}
