import { AppError } from "../../base/index.ts";
import { type CollectionRow, toLabel } from "../collections/collection-rows.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { requireSameModel } from "../documents/embed-documents.ts";
import type { SearchQuery } from "../knowledge.ts";
import { embedTexts } from "../vectors/embed-texts.ts";
import { findEmbeddingModel, requireLocal } from "../vectors/embedding-model.ts";
import type { VectorSet } from "../vectors/vector-sets.ts";
import type { Filter } from "./filter.ts";
import { maxQueryCharacters } from "./query-terms.ts";

/** The question as a vector, or why there is none. */
export type EmbeddedQuestion = { readonly vector: Float32Array } | { readonly reason: string };

export type Searched = {
  readonly row: CollectionRow;
  readonly set: VectorSet | undefined;
  /** What its documents must have to be found; absent: all may be. */
  readonly filter?: Filter;
};

type Asked = Pick<SearchQuery, "text" | "tenant" | "privacy">;

/**
 * The question as each collection's model has it, each model asked once, by the collection's name. Whatever is wrong
 * with a model is a reason to search by words alone and no error.
 */
export async function embedQuestion(
  engine: Pick<KnowledgeDeps["engine"], "find" | "embed">,
  searched: readonly Searched[],
  query: Asked,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, EmbeddedQuestion>> {
  const known = new Map<string, Promise<Attempt>>();
  const embedded = new Map<string, EmbeddedQuestion>();
  for (const { row, set } of searched) {
    if (row.chunks === 0) continue;
    if (!set || set.vectors === 0) {
      embedded.set(row.name, toReason(row, "it has no embedding model"));
      continue;
    }
    const key = `${set.model} ${set.model_mark} ${set.dimension} ${row.label}`;
    const asked = known.get(key) ?? embedOnce(engine, { row, set }, query, signal);
    known.set(key, asked);
    const attempt = await asked;
    embedded.set(row.name, "vector" in attempt ? attempt : toReason(row, attempt.problem));
  }
  return embedded;
}

type Attempt = { readonly vector: Float32Array } | { readonly problem: string };

function toReason({ name }: CollectionRow, problem: string): EmbeddedQuestion {
  return { reason: `only words were compared in ${name}: ${problem}` };
}

async function embedOnce(
  engine: Pick<KnowledgeDeps["engine"], "find" | "embed">,
  { row, set }: Searched & { readonly set: VectorSet },
  { text, tenant, privacy }: Asked,
  signal: AbortSignal,
): Promise<Attempt> {
  const isLocal = privacy === "local" || toLabel(row) === "local";
  try {
    const model = await findEmbeddingModel(engine, set.model);
    requireSameModel(row.name, set, model);
    requireLocal(row.name, isLocal ? "local" : "any", model);
    const options = {
      ...{
        model: model.id,
        prompt: model.prompts.query,
        tenant,
        ...(isLocal && { privacy: "local" as const }),
      },
      ...(set.dimension !== null && { dimension: set.dimension }),
    };
    const [vector] = await embedTexts(engine, [text.slice(0, maxQueryCharacters)], options, signal);
    return vector ? { vector } : { problem: `${set.model} gave no vector` };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    return { problem: error.message.replace(/for (text|input) 0/, "for the question") };
  }
}
