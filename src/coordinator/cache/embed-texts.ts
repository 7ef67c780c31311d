import { AppError } from "../../base/index.ts";
import { createEmbedder } from "../../judges/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { dot } from "../dot.ts";

/** A model that is being loaded may take longer; until it is there, only the same question hits. */
const embedTimeoutMs = 5_000;

export type EmbedOptions = {
  readonly tenant: string;
  /** `local`: the texts must not leave this machine. */
  readonly privacy?: "local" | undefined;
  readonly signal: AbortSignal;
};

/** Vectors of length 1. Throws what the engine throws, and AppError inference_error for texts without direction. */
export async function embedTexts(
  { engine }: Pick<CoordinatorDeps, "engine">,
  embeddingModel: string,
  texts: readonly string[],
  { tenant, privacy, signal }: EmbedOptions,
): Promise<readonly Float32Array[]> {
  const embedder = createEmbedder({
    embeddingModel,
    engine: {
      find: (name) => engine.find(name),
      load: (...asked) => engine.load(...asked),
      tokenize: (...asked) => engine.tokenize(...asked),
      embed: (request, abort) =>
        engine.embed({ ...request, tenant, ...(privacy !== undefined && { privacy }) }, abort),
    },
  });
  const vectors = await embedder.embed(texts, signal);
  if (vectors.every((vector) => vector.length > 0 && vector.some((value) => value !== 0))) return vectors;
  throw new AppError("inference_error", "a blank text has no meaning to compare");
}

/** Aborts with the request, or once it took too long for a lookup. */
export function lookupSignal(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(embedTimeoutMs)]);
}

/** From −1 to 1, of vectors of length 1; −1 for vectors that cannot be compared. */
export function likenessOf(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length) return -1;
  const sum = dot(left, right);
  return Number.isFinite(sum) ? Math.min(1, Math.max(-1, sum)) : -1;
}
