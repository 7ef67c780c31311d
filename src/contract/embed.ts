/** One text, or its tokens. */
export type EmbedInput = string | readonly number[];

/** How the model is to be loaded and kept; as in GenerateRequest. */
type Residency = { readonly contextTokens?: number; readonly keepAliveMs?: number };

export type EmbedRequest = Residency & {
  readonly model: string;
  readonly inputs: readonly EmbedInput[];
  readonly tenant: string;
  /** `local`: the inputs never leave this machine. */
  readonly privacy?: "local";
  /** Servers that passed it on before this one; absent: none. */
  readonly hops?: number;
};

export type EmbedResult = {
  /** L2-normalised, in the order of the inputs. */
  readonly vectors: readonly Float32Array[];
  readonly promptTokens: number;
};

export type RerankRequest = Residency & {
  readonly model: string;
  readonly query: string;
  readonly documents: readonly string[];
  readonly tenant: string;
  readonly privacy?: "local";
};

export type RerankResult = {
  /** The rank head's raw output for each document, in the order given. */
  readonly scores: readonly number[];
  readonly promptTokens: number;
};
