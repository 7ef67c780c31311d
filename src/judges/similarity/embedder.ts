import type { JudgeDeps } from "../deps.ts";
import { createModelEmbedder } from "./model-embedder.ts";
import { createWordEmbedder } from "./word-embedder.ts";

/** Turns texts into vectors whose cosine tells how alike the texts are. */
export type Embedder = {
  /** `words`, or the model's name; scores of different embedders cannot be compared. */
  readonly name: string;
  /** One vector of length 1 for each text, in their order; of length 0 for a blank text. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
};

/** Of tenants beyond these the one that asked longest ago learns its scale anew. */
const maxTenants = 64;

/** Embeds with the configured model, where none is with the words of the texts. Keep it: it learns its scale once. */
export function createEmbedder(deps: Pick<JudgeDeps, "engine" | "embeddingModel">): Embedder {
  return deps.embeddingModel === undefined
    ? createWordEmbedder()
    : createModelEmbedder(deps.engine, deps.embeddingModel);
}

/** As `createEmbedder`, for each tenant one that counts against that tenant's share of the engine. */
export function createEmbedders(
  deps: Pick<JudgeDeps, "engine" | "embeddingModel">,
): (tenant: string | undefined) => Embedder {
  const shared = createEmbedder(deps);
  const { engine, embeddingModel } = deps;
  const own = new Map<string, Embedder>();
  return (tenant) => {
    if (tenant === undefined || embeddingModel === undefined) return shared;
    const embedder = own.get(tenant) ?? createModelEmbedder(engine, embeddingModel, tenant);
    own.delete(tenant);
    own.set(tenant, embedder);
    const [oldest] = own.keys();
    if (own.size > maxTenants && oldest !== undefined) own.delete(oldest);
    return embedder;
  };
}
