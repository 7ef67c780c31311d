/**
 * What of a model decides how much memory it takes beside its weights, read from its header. Sizes follow
 * llama-hparams.cpp and llama_model_base::load_hparams of the linked llama.cpp; the widths of intermediate results come from
 * the shapes of the tensors, so that an architecture that is not known here is sized by what it multiplies with.
 */
import { findCapabilities } from "../gguf/capabilities.ts";
import { findCount, findText, type GgufHeader, type GgufTensor } from "../gguf/header.ts";
import { type HeaderSizes, maxLayers, openHeaderSizes } from "./header-sizes.ts";
import { readLayerWidths } from "./layer-widths.ts";
import { countStateBytes, isRecurrentLayer, recurrentArchitectures } from "./recurrent.ts";

const maxLength = 2 ** 20;
const maxHeads = 2 ** 16;
const maxTrainedContext = 2 ** 30;
const maxVocabulary = 2 ** 24;
/** What the engine assumes where a header names no context. */
const unknownTrainedContext = 4_096;
const cachedLayersOfGemma3n = 20;

export type LayerShape = {
  /** Elements that one cell of the KV cache holds; 0 where the layer has none. */
  readonly kvElements: number;
  /** Of one sequence, whatever its length. */
  readonly stateBytes: number;
  /** Elements of intermediate results of one token that are alive together, beside the residual stream. */
  readonly liveElements: number;
};

export type ModelShape = {
  readonly architecture: string;
  readonly layers: readonly LayerShape[];
  readonly embeddingLength: number;
  readonly vocabularySize: number;
  readonly merges: number;
  readonly tensors: number;
  readonly trainedContextTokens: number;
  readonly generates: boolean;
  readonly causal: boolean;
  /** Keeps a state for each sequence, alone or beside a KV cache. */
  readonly recurrent: boolean;
  /** One for each kind of attention: layers with a sliding window have their own. */
  readonly masks: 0 | 1 | 2;
  /** Inputs of the widest product: they are converted for it in a work area. */
  readonly widestInput: number;
  readonly headLength: number;
};

/** Keep no cache: they see a text as a whole (llama_model::create_memory). */
const withoutCache: ReadonlySet<string> = new Set([
  "bert",
  "jina-bert-v2",
  "jina-bert-v3",
  "nomic-bert",
  "nomic-bert-moe",
  "neo-bert",
  "eurobert",
  "modern-bert",
  "gemma-embedding",
  "dream",
  "llada",
  "llada-moe",
  "rnd1",
]);
/** Name a window in their files that llama.cpp does not apply. */
const ignoreWindow: ReadonlySet<string> = new Set([
  "llama",
  "phi3",
  "qwen2",
  "qwen2moe",
  "qwen3",
  "qwen3moe",
]);

export function readShape(header: GgufHeader): ModelShape {
  const architecture = findText(header, "general.architecture") ?? "unknown";
  const sizes = openHeaderSizes(header, architecture);
  const { liveElements, widestInput } = readLayerWidths(header.tensors, sizes);
  const layerCount = Math.max(1, sizes.find("block_count", maxLayers) ?? liveElements.length);
  const embeddingLength = Math.max(
    1,
    sizes.find("embedding_length", maxLength) ?? embeddingOf(header.tensors),
  );
  const layers = Array.from({ length: layerCount }, (_, layer): LayerShape => {
    const isRecurrent = isRecurrentLayer(architecture, sizes, layer);
    return {
      kvElements:
        isRecurrent && architecture !== "falcon-h1"
          ? 0
          : countKvElements(architecture, sizes, layer, embeddingLength),
      stateBytes: isRecurrent ? countStateBytes(sizes, embeddingLength) : 0,
      liveElements: liveElements[layer] ?? 0,
    };
  });
  return {
    architecture,
    layers,
    embeddingLength,
    vocabularySize: findVocabularySize(header, sizes),
    merges: findCount(header, "tokenizer.ggml.merges") ?? 0,
    tensors: header.tensors.length,
    trainedContextTokens: Math.max(
      1,
      sizes.find("context_length", maxTrainedContext) ?? unknownTrainedContext,
    ),
    generates: findCapabilities(header).generate,
    causal: isCausal(header, architecture),
    recurrent: layers.some(({ stateBytes }) => stateBytes > 0) || recurrentArchitectures.has(architecture),
    masks: countMasks(architecture, sizes),
    widestInput: Math.max(widestInput, embeddingLength),
    headLength: sizes.find("attention.key_length", maxHeads) ?? headLength(sizes, embeddingLength),
  };
}

/**
 * Keys and values of one token in one layer (llama_kv_cache): heads × length of each. Multi-head latent attention keeps
 * the compressed keys alone; the last layers of some models use the cache of earlier ones; a lightning indexer keeps keys too.
 */
function countKvElements(
  architecture: string,
  sizes: HeaderSizes,
  layer: number,
  embeddingLength: number,
): number {
  if (withoutCache.has(architecture) || recurrentArchitectures.has(architecture)) return 0;
  if (layer >= countCachedLayers(architecture, sizes)) return 0;
  const heads = sizes.findOfLayer("attention.head_count", layer, maxHeads) ?? 1;
  const kvHeads = sizes.findOfLayer("attention.head_count_kv", layer, maxHeads) ?? heads;
  const even = headLength(sizes, embeddingLength);
  const length = (kind: "key" | "value") => {
    const full = sizes.find(`attention.${kind}_length`, maxHeads) ?? even;
    return Math.max(full, sizes.find(`attention.${kind}_length_swa`, maxHeads) ?? 0);
  };
  const isLatent = (sizes.find("attention.key_length_mla", maxHeads) ?? 0) > 0;
  const indexer = sizes.find("attention.indexer.key_length", maxHeads) ?? 0;
  return kvHeads * (length("key") + (isLatent ? 0 : length("value"))) + indexer;
}

/** The layers after these read the cache of an earlier one (llama_hparams::has_kv). */
function countCachedLayers(architecture: string, sizes: HeaderSizes): number {
  if (architecture === "gemma3n") return cachedLayersOfGemma3n;
  const shared = sizes.find("attention.shared_kv_layers", maxLayers) ?? 0;
  return shared === 0 ? maxLayers : (sizes.find("block_count", maxLayers) ?? maxLayers) - shared;
}

function countMasks(architecture: string, sizes: HeaderSizes): 0 | 1 | 2 {
  if (recurrentArchitectures.has(architecture)) return 0;
  const window = sizes.find("attention.sliding_window", maxTrainedContext) ?? 0;
  return (window > 0 && !ignoreWindow.has(architecture)) || architecture === "llama4" ? 2 : 1;
}

function headLength(sizes: HeaderSizes, embeddingLength: number): number {
  return Math.floor(
    embeddingLength / Math.max(1, sizes.findOfLayer("attention.head_count", 0, maxHeads) ?? 1),
  );
}

function findVocabularySize(header: GgufHeader, sizes: HeaderSizes): number {
  const size = findCount(header, "tokenizer.ggml.tokens") ?? sizes.find("vocab_size", maxVocabulary) ?? 1;
  return Math.min(maxVocabulary, Math.max(1, size));
}

function embeddingOf(tensors: readonly GgufTensor[]): number {
  return tensors.find(({ name }) => name === "token_embd.weight")?.shape[0] ?? 1;
}

function isCausal(header: GgufHeader, architecture: string): boolean {
  const causal = header.metadata.get(`${architecture}.attention.causal`);
  return causal?.type !== "boolean" || causal.value;
}
