import { AppError } from "../../base/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import type { KnowledgeDeps } from "../deps.ts";
import type { SearchQuery } from "../knowledge.ts";
import type { Passage } from "./order-candidates.ts";
import { maxQueryCharacters } from "./query-terms.ts";
import { scorePassages } from "./score-passages.ts";

/** Passages that a model orders anew. */
export const rerankedPassages = 20;

export type Reranked = { readonly passages: readonly Passage[]; readonly reason?: string };

/**
 * The first passages in the order of a model with a rank head; as they were, with the reason, where it cannot be asked.
 * Throws AppError invalid_request where texts that are to stay on this machine would go to a model on another one.
 */
export async function rerank(
  engine: Pick<KnowledgeDeps["engine"], "find" | "rerank">,
  { text, tenant, rerankModel, privacy }: SearchQuery,
  {
    passages,
    collections,
  }: { readonly passages: readonly Passage[]; readonly collections: readonly CollectionRow[] },
  signal: AbortSignal,
): Promise<Reranked> {
  if (rerankModel === undefined || passages.length === 0) return { passages };
  const local = collections.find(({ label }) => label === "local");
  const isLocal = privacy === "local" || local !== undefined;
  const head = passages.slice(0, rerankedPassages);
  try {
    const { id, isRemote } = await engine.find(rerankModel);
    if (isLocal && isRemote) throw refuse(id, local?.name);
    const documents = head.map((passage) => passage.text);
    const query = text.slice(0, maxQueryCharacters);
    const request = { model: id, query, documents, tenant, ...(isLocal && { privacy: "local" as const }) };
    const { scores, cut } = await scorePassages(engine, request, signal);
    if (scores.length !== head.length || !scores.every(Number.isFinite)) {
      return { passages, reason: `${id} gave no order: its scores are no numbers` };
    }
    const ordered = head
      .map((passage, index) => ({ passage, score: scores[index] ?? 0, index }))
      .sort((one, other) => other.score - one.score || one.index - other.index)
      .map(({ passage }) => passage);
    const reason = `${id} read only the beginning of ${cut} of ${head.length} texts, which are longer than it takes`;
    return { passages: [...ordered, ...passages.slice(head.length)], ...(cut > 0 && { reason }) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError) || error.code === "invalid_request") throw error;
    return { passages, reason: `the order is not that of ${rerankModel}: ${error.message}` };
  }
}

function refuse(model: string, collection: string | undefined): AppError {
  const what = collection === undefined ? "the request" : `the collection ${collection}`;
  const message = `${what} is to stay on this machine and the rerank model ${model} is on another one; name a model of this machine`;
  return new AppError("invalid_request", message, { details: { model } });
}
