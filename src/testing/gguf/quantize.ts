/** Tensor formats as ggml stores them (ggml-common.h): the block layouts are little-endian, 32 weights a block. */

export type TensorType = "F32" | "F16" | "Q8_0" | "Q4_0";

type TensorFormat = {
  /** The number of the type in a GGUF file. */
  readonly id: number;
  readonly blockWeights: number;
  readonly blockBytes: number;
};

export const tensorFormats: Readonly<Record<TensorType, TensorFormat>> = {
  F32: { id: 0, blockWeights: 1, blockBytes: 4 },
  F16: { id: 1, blockWeights: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockWeights: 32, blockBytes: 18 },
  Q8_0: { id: 8, blockWeights: 32, blockBytes: 34 },
};

const HALF_BLOCK = 16;

/** Bytes that `weights` weights take; throws where they do not fill whole blocks. */
export function tensorBytes(type: TensorType, weights: number): number {
  const { blockWeights, blockBytes } = tensorFormats[type];
  if (weights % blockWeights !== 0) throw new Error(`${weights} weights do not fill whole ${type} blocks`);
  return (weights / blockWeights) * blockBytes;
}

/** Converts weights to the bytes that a GGUF tensor of that type holds. */
export function quantize(type: TensorType, weights: Float32Array): Uint8Array {
  const bytes = new Uint8Array(tensorBytes(type, weights.length));
  switch (type) {
    case "F32":
      new Float32Array(bytes.buffer).set(weights);
      return bytes;
    case "F16":
      new Float16Array(bytes.buffer).set(weights);
      return bytes;
    case "Q8_0":
      quantizeQ8(weights, bytes);
      return bytes;
    case "Q4_0":
      quantizeQ4(weights, bytes);
      return bytes;
    default:
      return type satisfies never;
  }
}

/** The inverse of `quantize`, up to the rounding of the format. */
export function dequantize(type: TensorType, bytes: Uint8Array): Float32Array {
  const { blockWeights, blockBytes } = tensorFormats[type];
  const weights = new Float32Array((bytes.length / blockBytes) * blockWeights);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let block = 0; block * blockBytes < bytes.length; block++) {
    const offset = block * blockBytes;
    const first = block * blockWeights;
    if (type === "F32") weights[first] = view.getFloat32(offset, true);
    else if (type === "F16") weights[first] = view.getFloat16(offset, true);
    else if (type === "Q8_0") {
      const scale = view.getFloat16(offset, true);
      for (let index = 0; index < blockWeights; index++) {
        weights[first + index] = scale * view.getInt8(offset + 2 + index);
      }
    } else {
      const scale = view.getFloat16(offset, true);
      for (let index = 0; index < HALF_BLOCK; index++) {
        const pair = view.getUint8(offset + 2 + index);
        weights[first + index] = scale * ((pair & 15) - 8);
        weights[first + HALF_BLOCK + index] = scale * ((pair >> 4) - 8);
      }
    }
  }
  return weights;
}

function quantizeQ8(weights: Float32Array, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  const { blockWeights, blockBytes } = tensorFormats.Q8_0;
  for (let first = 0, offset = 0; first < weights.length; first += blockWeights, offset += blockBytes) {
    let largest = 0;
    for (let index = first; index < first + blockWeights; index++) {
      largest = Math.max(largest, Math.abs(weights[index] ?? 0));
    }
    const scale = largest / 127;
    const inverse = scale === 0 ? 0 : 1 / scale;
    view.setFloat16(offset, scale, true);
    for (let index = 0; index < blockWeights; index++) {
      bytes[offset + 2 + index] = Math.round((weights[first + index] ?? 0) * inverse);
    }
  }
}

/** The weight of largest magnitude takes the code 0 (−8), so that the sign of the scale follows it. */
function quantizeQ4(weights: Float32Array, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  const { blockWeights, blockBytes } = tensorFormats.Q4_0;
  for (let first = 0, offset = 0; first < weights.length; first += blockWeights, offset += blockBytes) {
    let extreme = 0;
    for (let index = first; index < first + blockWeights; index++) {
      const weight = weights[index] ?? 0;
      if (Math.abs(weight) > Math.abs(extreme)) extreme = weight;
    }
    const scale = extreme / -8;
    const inverse = scale === 0 ? 0 : 1 / scale;
    view.setFloat16(offset, scale, true);
    for (let index = 0; index < HALF_BLOCK; index++) {
      const low = Math.min(15, Math.trunc((weights[first + index] ?? 0) * inverse + 8.5));
      const high = Math.min(15, Math.trunc((weights[first + HALF_BLOCK + index] ?? 0) * inverse + 8.5));
      bytes[offset + 2 + index] = low | (high << 4);
    }
  }
}
