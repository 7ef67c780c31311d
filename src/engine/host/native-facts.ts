import type { Sampling } from "../../contract/index.ts";

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
  readonly addsBos: boolean;
  readonly bosToken: number | null;
  readonly infillPrefix: number | null;
  readonly infillSuffix: number | null;
  readonly infillMiddle: number | null;
  readonly endTokens: readonly number[];
  readonly recommendedSampling: Sampling;
};
