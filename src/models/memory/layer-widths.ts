import type { GgufTensor } from "../gguf/header.ts";
import { type HeaderSizes, maxLayers } from "./header-sizes.ts";

const layerPattern = /^blk\.(\d{1,3})\.(.+)\.weight$/;
const maxExperts = 1_024;

/** What goes into the product with a weight and what comes out, of one token. */
type Product = { readonly inputs: number; readonly outputs: number };
/** Of one layer, by the name of the weight. */
type Products = ReadonlyMap<string, Product>;

export type LayerWidths = {
  /** For each layer, the elements of intermediate results of one token that are alive together. */
  readonly liveElements: readonly number[];
  readonly widestInput: number;
};

/**
 * Found by measuring the linked llama.cpp's allocator on models of many shapes: a feed-forward block has gate, up and their
 * product at once; attention has the queries before and after they are rotated, and keys and values. Of
 * experts a token uses several, whose outputs are there with and without their weights.
 */
export function readLayerWidths(tensors: readonly GgufTensor[], sizes: HeaderSizes): LayerWidths {
  const layers: Map<string, Product>[] = [];
  const expertsUsed = sizes.find("expert_used_count", maxExperts) ?? 1;
  for (const { name, shape } of tensors) {
    const [, number = "", part = ""] = layerPattern.exec(name) ?? [];
    const layer = Number(number);
    const [inputs = 0, outputs = 0, heads = 1] = shape;
    if (part === "" || layer >= maxLayers || shape.length < 2) continue;
    while (layers.length <= layer) layers.push(new Map());
    const times = part.endsWith("_exps") ? expertsUsed : heads;
    layers[layer]?.set(part, {
      inputs: inputs * (part.startsWith("ffn_down") ? times : 1),
      outputs: outputs * times,
    });
  }
  return {
    liveElements: layers.map(countLive),
    widestInput: layers.reduce((widest, products) => Math.max(widest, widestInputOf(products)), 0),
  };
}

function widestInputOf(products: Products): number {
  return [...products.values()].reduce((widest, { inputs }) => Math.max(widest, inputs), 0);
}

function countLive(products: Products): number {
  const outputs = (part: string) => products.get(part)?.outputs ?? 0;
  const feedForward = (suffix: string) =>
    outputs(`ffn_gate${suffix}`) +
    outputs(`ffn_up${suffix}`) +
    outputs(`ffn_gate_up${suffix}`) +
    (products.get(`ffn_down${suffix}`)?.inputs ?? 0);
  const queries = Math.max(outputs("attn_q"), outputs("attn_q_b"));
  return Math.max(
    feedForward(""),
    feedForward("_exps"),
    2 * outputs("ffn_down_exps") + outputs("ffn_up_exps"),
    2 * outputs("attn_qkv"),
    2 * queries + outputs("attn_k") + outputs("attn_v"),
    2 * queries + 2 * outputs("attn_k_b") + outputs("attn_v_b"),
    2 * outputs("ssm_in") + 2 * outputs("ssm_out"),
    2 * outputs("shortconv.in_proj"),
  );
}
