import type { JudgeDeps } from "../deps.ts";
import type { JudgeCaller } from "../for-caller.ts";
import { createModelEmbedder } from "./model-embedder.ts";
import { createWordEmbedder } from "./word-embedder.ts";

/** Turns texts into vectors whose cosine tells how alike the texts are. */
export type Embedder = {
  /** `words`, or the model's name; scores of different embedders cannot be compared. */
  readonly name: string;
  /** One vector of length 1 for each text, in their order; of length 0 for a blank text. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
};

/** Of callers beyond these the one that asked longest ago learns its scale anew. */
const maxCallers = 64;

/** Embeds with the configured model, where none is with the words of the texts. Keep it: it learns its scale once. */
export function createEmbedder(deps: Pick<JudgeDeps, "engine" | "embeddingModel">): Embedder {
  return deps.embeddingModel === undefined
    ? createWordEmbedder()
    : createModelEmbedder(deps.engine, deps.embeddingModel);
}

/** As `createEmbedder`, for each caller one that counts against its tenant's share of the engine and keeps its privacy. */
export function createEmbedders(
  deps: Pick<JudgeDeps, "engine" | "embeddingModel">,
): (caller: Pick<JudgeCaller, "tenant" | "privacy">) => Embedder {
  const shared = createEmbedder(deps);
  const { engine, embeddingModel } = deps;
  const own = new Map<string, Embedder>();
  return (caller) => {
    const { tenant, privacy } = caller;
    if (embeddingModel === undefined || (tenant === undefined && privacy === undefined)) return shared;
    const key = JSON.stringify([tenant, privacy]);
    const embedder = own.get(key) ?? createModelEmbedder(engine, embeddingModel, caller);
    own.delete(key);
    own.set(key, embedder);
    const [oldest] = own.keys();
    if (own.size > maxCallers && oldest !== undefined) own.delete(oldest);
    return embedder;
  };
}
