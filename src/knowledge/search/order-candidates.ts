import { sql } from "kysely";
import type { JsonObject } from "../../contract/index.ts";
import type { Queries } from "../../store/index.ts";
import { firstSuccessRate } from "../documents/use-attributes.ts";
import type { Candidate } from "./find-candidates.ts";
import { breakTie, type Use, weighUse } from "./fuse.ts";
import { spreadDocuments } from "./spread-documents.ts";
import { weighSource } from "./weigh-source.ts";

/** A candidate with its text and where it stands. */
export type Passage = Candidate & {
  readonly text: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly documentId: string;
  readonly source: string;
  readonly root: string;
  readonly attributes: JsonObject;
};

/** Candidates that are looked at: the best of what was fused. */
export const maxPassages = 100;

/**
 * The best candidates with their texts, best first: by fused rank, a little by how answers that rested on them turned
 * out, by where they stand and how often their document is there already, and where that is the same by relevance,
 * recency and usage. What was deleted meanwhile is left out.
 */
export async function orderCandidates(
  queries: Queries,
  candidates: readonly Candidate[],
  { question, nowMs }: { readonly question: string; readonly nowMs: number },
): Promise<readonly Passage[]> {
  const best = candidates.slice(0, maxPassages);
  const rows = await readPassages(
    queries,
    best.map(({ key }) => key),
  );
  const passages = best.flatMap((candidate) => {
    const row = rows.get(candidate.key);
    if (!row) return [];
    const use = toUse(row);
    const passage = toPassage(candidate, row);
    const value = weighSource(weighUse(candidate.value, use), passage, question);
    const tie = breakTie(candidate.cosine ?? candidate.value, use, nowMs);
    return [{ passage, value, tie }];
  });
  return spreadDocuments(
    passages.sort(
      (one, other) => other.value - one.value || other.tie - one.tie || one.passage.key - other.passage.key,
    ),
  );
}

type Row = Awaited<ReturnType<typeof readRows>>[number];

async function readPassages(queries: Queries, keys: readonly number[]): Promise<ReadonlyMap<number, Row>> {
  if (keys.length === 0) return new Map();
  return new Map((await readRows(queries, keys)).map((row) => [row.id, row]));
}

async function readRows(queries: Queries, keys: readonly number[]) {
  return await queries
    .selectFrom("chunk")
    .innerJoin("document", "document.id", "chunk.document_id")
    .select([
      ...(["chunk.id", "text", "start_line", "end_line", "public_id", "source", "root"] as const),
      ...(["attributes", "changed_at_ms"] as const),
      sql<unknown>`json_extract(attributes, '$.success_rate')`.as("success_rate"),
      sql<unknown>`json_extract(attributes, '$.access_count')`.as("access_count"),
    ])
    .where("chunk.id", "in", keys)
    .execute();
}

function toUse({ changed_at_ms, success_rate, access_count }: Row): Use {
  return {
    changedAtMs: changed_at_ms,
    accessCount: typeof access_count === "number" ? access_count : 0,
    successRate: typeof success_rate === "number" ? success_rate : firstSuccessRate,
  };
}

function toPassage(candidate: Candidate, row: Row): Passage {
  return {
    ...candidate,
    ...{ text: row.text, startLine: row.start_line, endLine: row.end_line },
    ...{ documentId: row.public_id, source: row.source, root: row.root },
    attributes: JSON.parse(row.attributes),
  };
}
