import { cutText, toAppError, withoutFolder } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { Hit, Knowledge } from "../../knowledge/index.ts";
import type { Telemetry } from "../../observability/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { AgentType } from "./interaction.ts";

/** In the order of their sections. `interaction-history` is not searched. */
export const augmentedCollections = [
  { name: "codebase-context", title: "Code", limit: 5, minScore: 0.7 },
  { name: "skills-patterns", title: "Patterns that worked", limit: 3, minScore: 0.75 },
  { name: "error-solutions", title: "Known errors and their solutions", limit: 2, minScore: 0.8 },
  { name: "best-practices", title: "Best practices", limit: 2, minScore: 0.75 },
] as const;
/** Of a snippet or a solution. */
export const maxSnippetCharacters = 200;
export const nothingFound = "No relevant context was found in the local collections.";

export type Searched = {
  readonly collection: string;
  readonly mode: "words" | "vectors" | "hybrid" | "none";
  readonly hits: readonly Hit[];
  /** Why there is less than there might be. */
  readonly reason?: string;
};

export type Augmented = {
  readonly prompt: string;
  readonly query: string;
  readonly contextIds: readonly string[];
  readonly searched: readonly Searched[];
};

type AugmentParts = {
  readonly deps: Pick<CoordinatorDeps, "knowledge" | "logger">;
  readonly telemetry: Telemetry;
};

export type AugmentAsked = {
  readonly query: string;
  readonly agentType: AgentType;
  readonly tenant: string;
  /** The query itself must not leave this machine, not even to be embedded. */
  readonly isPrivate?: boolean;
};

/** The query with what the collections hold on it; for a remote agent those labelled `local` are left out. */
export async function augment(
  { deps, telemetry }: AugmentParts,
  asked: AugmentAsked,
  signal: AbortSignal,
): Promise<Augmented> {
  const { query, agentType } = asked;
  const knowledge = await deps.knowledge();
  const searched: Searched[] = [];
  for (const row of augmentedCollections) {
    signal.throwIfAborted();
    const found = await searchOne(knowledge, row, asked, signal).catch((error) => {
      signal.throwIfAborted();
      const reason = withoutFolder(toAppError(error));
      deps.logger.warn("context_unsearched", { collection: row.name, error: reason });
      return { collection: row.name, mode: "none" as const, hits: [], reason };
    });
    searched.push(found);
    const { hits, mode } = found;
    telemetry.tell("context_search", { collection: row.name, results: hits.length, mode });
  }
  const hits = searched.flatMap((each) => each.hits);
  telemetry.tell("context_augmented", {
    ...{ agent_type: agentType, context_count: hits.length },
    collections: searched.filter((each) => each.hits.length > 0).map(({ collection }) => collection),
  });
  return {
    query,
    searched,
    contextIds: hits.map(({ chunkId }) => chunkId),
    prompt: toPrompt(query, searched),
  };
}

async function searchOne(
  { collections, search }: Knowledge,
  { name, limit, minScore }: (typeof augmentedCollections)[number],
  { query, agentType, tenant, isPrivate = false }: AugmentAsked,
  signal: AbortSignal,
): Promise<Searched> {
  const none = { collection: name, mode: "none" as const, hits: [] };
  const collection = await collections.find(name);
  if (!collection) return { ...none, reason: "there is no such collection" };
  if (agentType === "remote" && collection.label === "local")
    return { ...none, reason: "it is labelled local, and the agent is remote" };
  const privacy = isPrivate && { privacy: "local" as const };
  const asked = { collections: [name], text: query, minScore, tenant, ...privacy };
  // Others' patterns are found too and passed over below, so a few more are asked for.
  const found = await search({ ...asked, maxResults: limit * 2 }, signal);
  const hits = found.hits
    .filter(({ attributes, score }) => isOwn(attributes, tenant) && score >= minScore)
    .slice(0, limit);
  return {
    ...{ collection: name, mode: found.mode, hits },
    ...(found.reason !== undefined && { reason: found.reason }),
  };
}

/** What learning made of a tenant's requests is that tenant's; what was indexed is everybody's. */
function isOwn({ tenant }: JsonObject, asking: string): boolean {
  return tenant === undefined || tenant === asking;
}

function toPrompt(query: string, searched: readonly Searched[]): string {
  const sections = augmentedCollections.flatMap(({ name, title }) => {
    const hits = searched.find(({ collection }) => collection === name)?.hits ?? [];
    return hits.length === 0 ? [] : [`## ${title}\n${hits.map(toLine).join("\n")}`];
  });
  const context = sections.length === 0 ? nothingFound : sections.join("\n\n");
  return `${query}\n\n# Context\n\n${context}`;
}

function toLine({ source, startLine, endLine, text, attributes }: Hit): string {
  const { solution, usage_pattern: usage } = attributes;
  const shown = [text, solution, usage].filter((part) => typeof part === "string");
  const lines = shown.map((part) => cutText(part, maxSnippetCharacters));
  return `- ${source}:${startLine}-${endLine}: ${lines.join(" — ")}`;
}
