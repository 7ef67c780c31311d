import { AppError } from "../../base/index.ts";
import type { RerankRequest } from "../../contract/index.ts";
import type { KnowledgeDeps } from "../deps.ts";

/** What is left free where tokens are spread unevenly. */
const fittingShare = 0.9;
/** A passage that does not fit in so few characters leaves no room beside the question. */
const minCharacters = 16;
/** Cuts of all passages together. */
const maxCuts = 100;

export type Scored = {
  readonly scores: readonly number[];
  /** Passages of which only the beginning was read. */
  readonly cut: number;
};

/**
 * How well each text answers the query; one that is longer than the model takes is scored by its beginning. Throws what
 * the engine throws.
 */
export async function scorePassages(
  engine: Pick<KnowledgeDeps["engine"], "rerank">,
  request: RerankRequest,
  signal: AbortSignal,
): Promise<Scored> {
  const documents = [...request.documents];
  const cut = new Set<number>();
  for (let cuts = 0; ; cuts++) {
    try {
      const { scores } = await engine.rerank({ ...request, documents }, signal);
      return { scores, cut: cut.size };
    } catch (error) {
      const shorter = cuts < maxCuts ? shorten(documents, error) : undefined;
      if (!shorter) throw error;
      documents[shorter.index] = shorter.text;
      cut.add(shorter.index);
    }
  }
}

/** The text that the error names, as long as it may be; undefined where cutting it does not help. */
function shorten(documents: readonly string[], error: unknown) {
  if (!(error instanceof AppError) || error.code !== "context_limit_exceeded") return undefined;
  const { index, required, max } = error.details;
  if (typeof index !== "number" || typeof required !== "number" || typeof max !== "number") return undefined;
  const text = documents[index] ?? "";
  const length = Math.floor(text.length * Math.min(1, max / required) * fittingShare);
  return length < minCharacters ? undefined : { index, text: text.slice(0, length) };
}
