import type { JsonObject } from "../../contract/index.ts";
import type { Hit, SearchQuery, SearchResult } from "../../knowledge/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { oneLine, toJsonText, visible } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import type { SearchFlags } from "./search-command.ts";
import { withKnowledge } from "./with-knowledge.ts";

const defaultLimit = 5;
const largestLimit = 100;
/** Lines of a text that are shown to a person. */
const maxShownLines = 12;

export type SearchCommand = ConfigFlags & {
  readonly collection: string;
  readonly query: string;
  readonly given: SearchFlags;
};

/** Searches one collection. That nothing was found is an answer, not a failure. */
export async function searchCollection(
  deps: CliDeps,
  { collection, query, given, ...flags }: SearchCommand,
): Promise<number> {
  const asked = readQuery(collection, query, given);
  return await withKnowledge(deps, flags, async (knowledge, signal) => {
    const result = await asUsage(knowledge.search(asked, signal));
    const { json = false } = given;
    deps.io.stdout.write(
      json ? `${toJsonText(result.hits.map(toHitBody), 2)}\n` : formatResult(collection, result),
    );
    if (json && result.reason !== undefined) deps.io.stderr.write(`hearth: ${oneLine(result.reason)}\n`);
    return exitCodes.success;
  });
}

function readQuery(collection: string, text: string, given: SearchFlags): SearchQuery {
  const { limit, minScore, rerank, filter } = given;
  const maxResults = limit === undefined ? defaultLimit : Number(limit);
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > largestLimit) {
    throw new UsageError(`--limit: expected 1 to ${largestLimit}, got ${JSON.stringify(limit)}`);
  }
  const least = minScore === undefined ? undefined : Number(minScore);
  if (least !== undefined && !(least >= 0 && least <= 1)) {
    throw new UsageError(`--min-score: expected a number from 0 to 1, got ${JSON.stringify(minScore)}`);
  }
  return {
    ...{ collections: [collection], text, maxResults, tenant: "local" },
    ...(least !== undefined && { minScore: least }),
    ...(rerank !== undefined && { rerankModel: rerank }),
    ...(filter !== undefined && { filter: readFilter(filter) }),
  };
}

function readFilter(text: string): JsonObject {
  try {
    const filter: unknown = JSON.parse(text);
    if (typeof filter === "object" && filter !== null && !Array.isArray(filter)) return filter as JsonObject;
  } catch {
    // Told of below.
  }
  throw new UsageError(`--filter: expected a JSON object, got ${JSON.stringify(text)}`);
}

function toHitBody({ source, startLine, endLine, score, text }: Hit) {
  return { source, startLine, endLine, score, text };
}

function formatResult(collection: string, { hits, mode, reason }: SearchResult): string {
  const ways = { words: "by words alone", vectors: "by meaning", hybrid: "by words and meaning" } as const;
  const head = hits.length === 0 ? `nothing found in ${oneLine(collection)}` : "found";
  const how = reason === undefined ? ` ${ways[mode]}` : `; ${oneLine(reason)}`;
  return `${[head + how, ...hits.map(formatHit)].join("\n\n")}\n`;
}

function formatHit({ source, startLine, endLine, score, text }: Hit): string {
  const lines = visible(text).split("\n");
  const hidden = lines.length - maxShownLines;
  const shown = lines.slice(0, maxShownLines).map((line) => `  ${line}`);
  const rest = hidden > 0 ? [`  … ${hidden} more lines`] : [];
  return [`${oneLine(source)}:${startLine}-${endLine}  ${score.toFixed(2)}`, ...shown, ...rest].join("\n");
}
