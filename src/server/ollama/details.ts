import type { ModelCapabilities, ModelRecord, ModelSummary } from "../../models/index.ts";

const scales = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "K"],
] as const;

/** What every listing says of a model's make. */
export function toDetails(summary: ModelSummary) {
  return {
    parent_model: "",
    format: "gguf",
    family: summary.architecture,
    families: [summary.architecture],
    parameter_size: toParameterSize(summary.parameters),
    quantization_level: summary.quantisation,
  };
}

/** `595.8M`, `8B`: one decimal at most. */
export function toParameterSize(count: number): string {
  const [unit, suffix] = scales.find(([size]) => count >= size) ?? [1, ""];
  return `${Math.round((count / unit) * 10) / 10}${suffix}`;
}

/** Hex alone, as Ollama lists it. */
export function toHexDigest(digest: string): string {
  return digest.replace(/^sha256[:-]/, "");
}

export function toTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** Ollama's words. A model that writes is none for embeddings there, although it could make some. */
export function toCapabilities(capabilities: ModelCapabilities): string[] {
  const words = {
    completion: capabilities.generate,
    tools: capabilities.tools,
    insert: capabilities.infill,
    thinking: capabilities.reasoning,
    embedding: capabilities.embed && !capabilities.generate,
  };
  return Object.entries(words).flatMap(([word, can]) => (can ? [word] : []));
}

/** The name and make of a model, as `/api/tags` and `/api/ps` begin with. */
export function toModelHead(record: Pick<ModelRecord, "name" | "digest" | "summary">) {
  return {
    name: record.name,
    model: record.name,
    digest: toHexDigest(record.digest),
    details: toDetails(record.summary),
  };
}
