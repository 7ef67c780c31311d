import { toAppError, withoutFolder } from "../../base/index.ts";
import type { Citation, ContextReceipt, GenerateRequest, Retrieval } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";
import type { Collection, Knowledge } from "../../knowledge/index.ts";
import { addContext, findQuestion } from "./context-prompt.ts";
import { fitContext } from "./fit-context.ts";
import type { RetrievedText } from "./retrieved-text.ts";

/** A request with what was found for it. */
export type Informed = {
  readonly request: GenerateRequest;
  readonly context?: ContextReceipt;
  /** Of the best text, from 0 to 1. */
  readonly contextScore?: number;
};

export type RetrieveDeps = {
  readonly engine: Pick<Engine, "find" | "tokenize">;
  knowledge(): Promise<Pick<Knowledge, "collections" | "search">>;
};

/** Texts that a request is given where it says no number. */
export const defaultResults = 5;
/** Where it says no score either: what is less alike would only lead the model astray. */
const defaultMinScore = 0.1;

/**
 * Puts what the collections hold on the last question before it. A collection of the label `local` keeps the request on
 * this machine. Throws AppError not_found for a collection that is not there; finding nothing is told, not hidden.
 */
export async function retrieveStage(
  deps: RetrieveDeps,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<Informed> {
  const { retrieval } = request;
  if (!retrieval || retrieval.collections.length === 0) return { request };
  const knowledge = await deps.knowledge();
  const collections = await Promise.all(retrieval.collections.map((name) => knowledge.collections.get(name)));
  const labelled = keepLocal(request, collections);
  const question = findQuestion(request.input);
  if (question === undefined) {
    const reason = "the request ends with no question that could be looked up";
    return { request: labelled, context: nothing(retrieval, reason) };
  }
  const found = await knowledge.search(toQuery(labelled, retrieval, question), signal);
  // A start does without the code of knowledge, which this needs.
  const { toRetrievedText } = await import("./retrieved-text.ts");
  const { kept, reason } = await fitContext(deps.engine, labelled, found.hits.map(toRetrievedText));
  const reasons = [found.reason, reason].filter((each) => each !== undefined);
  const context: ContextReceipt = {
    ...{ collections: retrieval.collections, mode: found.mode, citations: kept.map(toCitation) },
    ...(reasons.length > 0 && { reason: reasons.join("; ") }),
  };
  const [best] = kept;
  if (!best) return { request: labelled, context };
  return {
    request: inform(labelled, kept),
    context,
    contextScore: Math.max(...kept.map(({ score }) => score)),
  };
}

function keepLocal(request: GenerateRequest, collections: readonly Collection[]): GenerateRequest {
  return collections.some(({ label }) => label === "local") ? { ...request, privacy: "local" } : request;
}

function nothing({ collections }: Retrieval, reason: string): ContextReceipt {
  return { collections, mode: "words", citations: [], reason };
}

function toQuery({ tenant, privacy }: GenerateRequest, retrieval: Retrieval, text: string) {
  const {
    collections,
    filter,
    maxResults = defaultResults,
    minScore = defaultMinScore,
    rerankModel,
  } = retrieval;
  return {
    ...{ collections, text, maxResults, minScore, tenant },
    ...(filter && { filter }),
    ...(rerankModel !== undefined && { rerankModel }),
    ...(privacy && { privacy }),
  };
}

function toCitation(text: RetrievedText, place: number): Citation {
  return { index: place + 1, ...text };
}

/** Judges hold the answer against the same texts, unless the client gave them others. */
function inform(request: GenerateRequest, texts: readonly RetrievedText[]): GenerateRequest {
  const input = addContext(request.input, texts);
  const { judging } = request;
  if (!judging || judging.context) return { ...request, input };
  return { ...request, input, judging: { ...judging, context: texts.map(({ text }) => text) } };
}

/**
 * A search whose fault must not cost the answer: the model is asked without context, and the receipt says why. Which
 * labels the collections have is not known then, so the request stays on this machine.
 */
export async function retrieveOrTell(
  deps: RetrieveDeps,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<Informed> {
  try {
    return await retrieveStage(deps, request, signal);
  } catch (error) {
    signal.throwIfAborted();
    const failure = toAppError(error);
    const isFault = failure.code === "server_error" || failure.code === "database_damaged";
    if (!isFault || !request.retrieval) throw failure;
    const context = nothing(request.retrieval, withoutFolder(failure));
    return { request: { ...request, privacy: "local" }, context };
  }
}
