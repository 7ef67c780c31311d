import type { JsonValue, ModelCapabilities } from "../contract/index.ts";

export type { ModelCapabilities } from "../contract/index.ts";

/** Where a model came from, or whose files it is read from in place. */
export type ModelSource =
  | "built-in"
  | "file"
  | "pulled"
  | "imported"
  | "created"
  | "ollama"
  | "hugging-face"
  | "llama.cpp"
  | "lm-studio"
  /** Not here yet. */
  | "remote";

export type LayerRole =
  | "model"
  | "projector"
  | "adapter"
  | "template"
  | "system"
  | "parameters"
  | "messages"
  | "license"
  | "config";

/** One file of a model. A split model has several of the role `model`, in order. */
export type ModelLayer = {
  readonly role: LayerRole;
  /** `sha256:` and 64 hex digits; absent for files of other programs that give none. */
  readonly digest?: string;
  readonly bytes: number;
  /** Absolute. */
  readonly path: string;
};

/** How a model wants to be used, as the manifest or Modelfile that it came with says. */
export type ModelSettings = {
  /** Prompt template in Go's template language, as Ollama has it. */
  readonly template?: string;
  readonly system?: string;
  /** Turns that come before every conversation. */
  readonly messages?: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
  /** PARAMETER names and values, checked when the model was added. */
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  readonly licenses?: readonly string[];
};

/** What listings show of a model without opening its file again. */
export type ModelSummary = {
  /** What its file calls it, where it says so. */
  readonly title?: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly quantisation: string;
  readonly trainedContextTokens?: number;
  readonly embeddingLength?: number;
  readonly capabilities: ModelCapabilities;
};

/** A model that can be named in a request. */
export type ModelRecord = {
  /** Canonical: `hearth-demo`, `qwen3:0.6b`, `hf.co/org/repo:Q4_K_M`, or the stem of a file. */
  readonly name: string;
  readonly source: ModelSource;
  /** The canonical reference that it was pulled from, or the path that it was imported from. */
  readonly origin?: string;
  /** Digest of the manifest; for a file in place, of its path, size and time. */
  readonly digest: string;
  readonly layers: readonly ModelLayer[];
  readonly settings: ModelSettings;
  readonly summary: ModelSummary;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly lastUsedAtMs?: number;
  readonly uses: number;
};

/** Whether it is only to be used with a model: nothing can be asked of it alone. */
export function isAdapter({ layers }: Pick<ModelRecord, "layers">): boolean {
  return layers.some(({ role }) => role === "adapter") && !layers.some(({ role }) => role === "model");
}

/** Bytes of all layers of a record. */
export function countBytes(record: Pick<ModelRecord, "layers">): number {
  return record.layers.reduce((sum, layer) => sum + layer.bytes, 0);
}
