/** One text, or its tokens. */
export type EmbedInput = string | readonly number[];

export type EmbedRequest = {
  readonly model: string;
  readonly inputs: readonly EmbedInput[];
  readonly tenant: string;
};

export type EmbedResult = {
  /** L2-normalised, in the order of the inputs. */
  readonly vectors: readonly Float32Array[];
  readonly promptTokens: number;
};

export type RerankRequest = {
  readonly model: string;
  readonly query: string;
  readonly documents: readonly string[];
  readonly tenant: string;
};

export type RerankResult = {
  /** The rank head's raw output for each document, in the order given. */
  readonly scores: readonly number[];
  readonly promptTokens: number;
};
