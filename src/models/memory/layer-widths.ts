import type { GgufTensor } from "../gguf/header.ts";
import { type HeaderSizes, maxLayers } from "./header-sizes.ts";

const layerPattern = /^blk\.(\d{1,3})\.(.+)\.weight$/;
const maxExperts = 1_024;

/** Outputs of the products of one layer, by the name of the tensor. */
type Outputs = ReadonlyMap<string, number>;

/**
 * For each layer, the elements of intermediate results of one token that are alive together. Measured on llama.cpp's
 * allocator: gate, up and their product in a feed-forward block; queries, keys and values before and after they are rotated.
 */
export function readLayerWidths(
  tensors: readonly GgufTensor[],
  sizes: HeaderSizes,
): { readonly widths: readonly number[]; readonly widestInput: number } {
  const layers: Map<string, number>[] = [];
  const used = sizes.find("expert_used_count", maxExperts) ?? 1;
  let widestInput = 0;
  for (const { name, shape } of tensors) {
    const [, number = "", part = ""] = layerPattern.exec(name) ?? [];
    const layer = Number(number);
    if (part === "" || layer >= maxLayers || shape.length < 2) continue;
    while (layers.length <= layer) layers.push(new Map());
    const copies = isOfExperts(part) ? used : 1;
    layers[layer]?.set(part, (shape[1] ?? 0) * copies);
    widestInput = Math.max(widestInput, (shape[0] ?? 0) * (part.startsWith("ffn_down") ? copies : 1));
  }
  return { widths: layers.map(countLive), widestInput };
}

function isOfExperts(part: string): boolean {
  return part.endsWith("_exps");
}

function countLive(outputs: Outputs): number {
  return Math.max(
    countFeedForward(outputs, ""),
    countFeedForward(outputs, "_exps"),
    countAttention(outputs),
    countStateSpace(outputs),
  );
}

function countFeedForward(outputs: Outputs, suffix: string): number {
  const up = outputs.get(`ffn_up${suffix}`) ?? 0;
  const gate = outputs.get(`ffn_gate${suffix}`) ?? 0;
  const both = outputs.get(`ffn_gate_up${suffix}`) ?? 0;
  const down = suffix === "" ? 0 : (outputs.get(`ffn_down${suffix}`) ?? 0);
  const live = gate > 0 ? 2 * up + gate : 2 * up + 1.5 * both;
  return Math.max(live, up + 2 * down);
}

function countAttention(outputs: Outputs): number {
  const find = (part: string) => outputs.get(part) ?? 0;
  const together = find("attn_qkv");
  const queries = Math.max(find("attn_q"), find("attn_q_b"));
  return 2 * together + 2 * (queries + find("attn_k") + find("attn_v"));
}

function countStateSpace(outputs: Outputs): number {
  const find = (part: string) => outputs.get(part) ?? 0;
  return 3 * find("ssm_in") + 2 * find("ssm_out");
}
