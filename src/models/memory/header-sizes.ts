import { findNumbers, type GgufHeader } from "../gguf/header.ts";

/** Of llama.cpp's own tables (llama-hparams.h). */
export const maxLayers = 512;

/** Sizes of one architecture in the metadata, each a whole number within bounds: a hostile header cannot give others. */
export type HeaderSizes = {
  /** Undefined where the key is absent, no number, negative or beyond `maximum`. */
  find(name: string, maximum: number): number | undefined;
  /** Of one layer, where the key has a value for each, or for all. */
  findOfLayer(name: string, layer: number, maximum: number): number | undefined;
};

export function openHeaderSizes(header: GgufHeader, architecture: string): HeaderSizes {
  const known = new Map<string, readonly number[]>();
  function read(name: string): readonly number[] {
    const found = known.get(name) ?? findNumbers(header, `${architecture}.${name}`) ?? [];
    known.set(name, found);
    return found;
  }
  return {
    find: (name, maximum) => accept(read(name)[0], maximum),
    findOfLayer(name, layer, maximum) {
      const values = read(name);
      return accept(values.length === 1 ? values[0] : values[layer], maximum);
    },
  };
}

function accept(value: number | undefined, maximum: number): number | undefined {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= maximum ? value : undefined;
}
