import { AppError } from "../../base/index.ts";
import { getRow } from "../collections/collection-rows.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { createPace } from "../indexing/pace.ts";
import type { SearchQuery, SearchResult } from "../knowledge.ts";
import { ownFilter } from "../ownership.ts";
import { findSet } from "../vectors/vector-sets.ts";
import { embedQuestion, type Searched } from "./embed-question.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { type Found, findCandidates } from "./find-candidates.ts";
import { orderCandidates } from "./order-candidates.ts";
import { maxQueryCharacters, toQueryTerms } from "./query-terms.ts";
import { rerank } from "./rerank.ts";
import { takeHits } from "./take-hits.ts";

export const maxResults = 100;
const maxSearchedCollections = 16;

/** Words and vectors over all named collections; see `Knowledge.search`. */
export async function search(
  deps: KnowledgeDeps,
  query: SearchQuery,
  signal: AbortSignal,
): Promise<SearchResult> {
  checkQuery(query);
  const asked = query.filter && parseFilter(query.filter);
  const pace = createPace(signal);
  const { kysely } = await deps.database();
  const searched: Searched[] = [];
  for (const name of new Set(query.collections)) {
    const row = await getRow(kysely, name);
    const filter = joinFilters([asked, ownFilter(name, query.tenant)]);
    searched.push({ row, set: await findSet(kysely, row.vector_set_id), ...(filter && { filter }) });
  }
  const questions = await embedQuestion(deps.engine, searched, query, signal);
  const terms = toQueryTerms(query.text);
  const found = await findCandidates(kysely, { searched, questions, terms }, pace);
  const order = { question: query.text, nowMs: deps.now() };
  const ordered = await orderCandidates(kysely, found.candidates, order);
  const collections = searched.map(({ row }) => row);
  const reranked = await rerank(deps.engine, query, { passages: ordered, collections }, signal);
  const taken = await takeHits(kysely, { query, found, passages: reranked.passages, collections });
  const withVectors = [...questions.values()].some((question) => "vector" in question);
  const reasons = [
    ...[...questions.values()].flatMap((question) => ("reason" in question ? [question.reason] : [])),
    ...sayLimits(query.text),
    ...(reranked.reason === undefined ? [] : [reranked.reason]),
    ...(taken.hits.length > 0 ? [] : [sayNothing(query, searched, found, taken.best)]),
  ];
  return {
    hits: taken.hits,
    mode: withVectors ? (terms.length > 0 ? "hybrid" : "vectors") : "words",
    ...(reasons.length > 0 && { reason: [...new Set(reasons)].join("; ") }),
  };
}

function joinFilters(given: readonly (Filter | undefined)[]): Filter | undefined {
  const [filter, ...others] = given.filter((each) => each !== undefined);
  return filter && others.length > 0 ? { type: "and", filters: [filter, ...others] } : filter;
}

function checkQuery({ collections, text, maxResults: asked, minScore }: SearchQuery): void {
  if (collections.length === 0) throw refuse("collections is empty; name one to search");
  if (collections.length > maxSearchedCollections) {
    throw refuse(`${collections.length} collections are named; ${maxSearchedCollections} is the most`);
  }
  if (text.trim() === "") throw refuse("the text to look for is blank");
  if (!Number.isInteger(asked) || asked < 1 || asked > maxResults) {
    throw refuse(`max_results is ${asked}; it is a whole number from 1 to ${maxResults}`);
  }
  if (minScore === undefined || (minScore >= 0 && minScore <= 1)) return;
  throw refuse(`min_score is ${minScore}; it is a number from 0 to 1`);
}

function refuse(message: string): AppError {
  return new AppError("invalid_request", message);
}

function sayLimits(text: string): readonly string[] {
  return text.length > maxQueryCharacters
    ? [`of the question's ${text.length} characters only the first ${maxQueryCharacters} were looked for`]
    : [];
}

/** Why there are no hits. */
function sayNothing(
  { minScore }: SearchQuery,
  searched: readonly Searched[],
  { candidates, allowed, terms }: Found,
  best: number | undefined,
): string {
  const names = searched.map(({ row }) => row.name).join(", ");
  if (searched.every(({ row }) => row.chunks === 0)) {
    return searched.length === 1 ? `the collection ${names} is empty` : `the collections ${names} are empty`;
  }
  if (allowed === 0) return `no document of ${names} passes the filter`;
  if (candidates.length > 0 && minScore !== undefined && best !== undefined) {
    return `nothing in ${names} scores ${minScore} or more; the best has ${best}`;
  }
  return terms.length === 0 ? "the text has no words to look for" : `nothing in ${names} matches`;
}
