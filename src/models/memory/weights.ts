import type { GgufHeader, GgufTensor } from "../gguf/header.ts";
import { type CpuFeatures, canRepack, isRepacked } from "./repacking.ts";

export type WeightBytes = { readonly hostBytes: number; readonly deviceBytes: number };

const layerPattern = /^blk\.(\d+)\./;
const embeddingName = "token_embd.weight";
const outputName = "output.weight";
const atInput = /^(token_embd|position_embd|token_types|per_layer_token_embd)\b/;

/**
 * Where weights lie once they are loaded (llama_model_base::load_tensors). The file is mapped, and what lies between the
 * first and the last tensor that the CPU reads in place stays mapped whole; repacked weights come on top of it. The last
 * layers go to a GPU first, the output with them; the embedding stays, and is copied where it is the output too.
 */
export function countWeights(
  parts: readonly GgufHeader[],
  {
    layers,
    layersOnDevice,
    cpu,
  }: { readonly layers: number; readonly layersOnDevice: number; readonly cpu: CpuFeatures },
): WeightBytes {
  const firstOnDevice = layers + 1 - layersOnDevice;
  const isOnDevice = (tensor: GgufTensor) => placeOf(tensor, layers) >= firstOnDevice;
  let hostBytes = 0;
  let deviceBytes = 0;
  let tied: GgufTensor | undefined;
  let hasOutput = false;
  for (const part of parts) {
    const mapped: GgufTensor[] = [];
    for (const tensor of part.tensors) {
      if (tensor.name === embeddingName) tied = tensor;
      if (tensor.name === outputName) hasOutput = true;
      if (isOnDevice(tensor)) deviceBytes += tensor.bytes;
      else if (isRepacked(tensor, cpu)) hostBytes += tensor.bytes;
      else mapped.push(tensor);
    }
    hostBytes += countMapped(part, mapped);
  }
  if (tied !== undefined && !hasOutput) {
    if (layersOnDevice > 0) deviceBytes += tied.bytes;
    else if (canRepack(tied, cpu)) hostBytes += tied.bytes;
  }
  return { hostBytes, deviceBytes };
}

/** Its layer; the output and what belongs to it come after the last, what reads the tokens before the first. */
function placeOf({ name }: GgufTensor, layers: number): number {
  const layer = layerPattern.exec(name)?.[1];
  if (layer !== undefined) return Math.min(Number(layer), layers);
  return atInput.test(name) ? -1 : layers;
}

/** Headers of several parts that were joined into one count offsets from several starts: there all is taken as mapped. */
function countMapped(part: GgufHeader, tensors: readonly GgufTensor[]): number {
  if (tensors.length === 0) return 0;
  const end = part.tensors.reduce((last, { offset, bytes }) => Math.max(last, offset + bytes), 0);
  const sum = part.tensors.reduce((total, { bytes }) => total + bytes, 0);
  if (sum > end) return sum;
  const first = tensors.reduce((least, { offset }) => Math.min(least, offset), Number.POSITIVE_INFINITY);
  const last = tensors.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes), 0);
  return last - first;
}
