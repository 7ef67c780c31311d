import type { HeaderSizes } from "./header-sizes.ts";

/** Have no attention at all (llm_arch_is_recurrent). */
export const recurrentArchitectures: ReadonlySet<string> = new Set([
  "mamba",
  "mamba2",
  "rwkv6",
  "rwkv6qwen2",
  "rwkv7",
  "arwkv7",
]);
/** A layer of these is recurrent unless it stands at the interval of full attention. */
const intervalArchitectures: ReadonlySet<string> = new Set([
  "qwen3next",
  "qwen35",
  "qwen35moe",
  "qwen4exp",
  "minimax-01",
]);
/** A layer of these is recurrent where it has no heads of keys and values, or all of them are. */
const headlessArchitectures: ReadonlySet<string> = new Set([
  "jamba",
  "plamo2",
  "granitehybrid",
  "lfm2",
  "lfm2moe",
  "nemotron_h",
  "nemotron_h_moe",
  "kimi-linear",
  "kimi-k3",
  "bailingmoe3",
]);
const defaultInterval = 4;
const maxSize = 2 ** 20;
const bytesPerElement = 4;

/** As llama.cpp's `load_arch_hparams` of each architecture tells layers with a state from those with a KV cache. */
export function isRecurrentLayer(architecture: string, sizes: HeaderSizes, layer: number): boolean {
  if (recurrentArchitectures.has(architecture) || architecture === "falcon-h1") return true;
  if (intervalArchitectures.has(architecture)) {
    const interval = sizes.find("full_attention_interval", maxSize) ?? defaultInterval;
    return interval > 0 && (layer + 1) % interval !== 0;
  }
  if (!headlessArchitectures.has(architecture)) return false;
  return sizes.findOfLayer("attention.head_count_kv", layer, maxSize) === 0;
}

/** Of one sequence in one layer, in F32: llama_hparams::n_embd_r and n_embd_s. */
export function countStateBytes(sizes: HeaderSizes, embeddingLength: number): number {
  return (countConvolved(sizes, embeddingLength) + countState(sizes, embeddingLength)) * bytesPerElement;
}

function countConvolved(sizes: HeaderSizes, embeddingLength: number): number {
  const find = (name: string) => sizes.find(name, maxSize) ?? 0;
  if (find("wkv.head_size") > 0) return (sizes.find("token_shift_count", maxSize) ?? 2) * embeddingLength;
  if (find("shortconv.l_cache") > 0) return embeddingLength * (find("shortconv.l_cache") - 1);
  const kept = Math.max(0, find("ssm.conv_kernel") - 1);
  if (find("kda.head_dim") > 0) return 3 * (kept || 3) * countHeads(sizes) * find("kda.head_dim");
  return kept * (find("ssm.inner_size") + 2 * find("ssm.group_count") * find("ssm.state_size"));
}

function countState(sizes: HeaderSizes, embeddingLength: number): number {
  const find = (name: string) => sizes.find(name, maxSize) ?? 0;
  if (find("wkv.head_size") > 0) return embeddingLength * find("wkv.head_size");
  if (find("shortconv.l_cache") > 0) return 0;
  if (find("kda.head_dim") > 0) return find("kda.head_dim") ** 2 * countHeads(sizes);
  return find("ssm.state_size") * find("ssm.inner_size");
}

function countHeads(sizes: HeaderSizes): number {
  return sizes.findOfLayer("attention.head_count", 0, maxSize) ?? 1;
}
