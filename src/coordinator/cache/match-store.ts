/** Queries of stored answers that were held against similar questions, and of what is known of them. */
import { sql } from "kysely";
import type { Database, Queries } from "../../store/index.ts";
import type { MatchLabel } from "./threshold.ts";

/** Of those beyond, labelled and not, the oldest are forgotten. */
const maxMatches = 20_000;
/** The newest of them say how alike questions must be. */
export const maxLabels = 2_000;

/** Who knows whether an answer was right. */
export type LabelSource = "feedback" | "shadow" | "near" | "again";

export type NewMatch = {
  readonly requestId: string;
  readonly entry: string;
  readonly tenant: string;
  readonly space: string;
  readonly similarity: number;
  readonly isServed: boolean;
  readonly label?: { readonly isRight: boolean; readonly source: LabelSource };
};

export type Match = {
  readonly id: number;
  readonly entry: string;
  readonly space: string;
  readonly similarity: number;
};

export async function insertMatch(queries: Queries, match: NewMatch, atMs: number): Promise<void> {
  const { requestId, entry, tenant, space, similarity, isServed, label } = match;
  await queries
    .insertInto("cache_match")
    .values({
      ...{ request_id: requestId, entry, tenant, space, similarity, served: isServed ? 1 : 0 },
      ...{ label: label ? Number(label.isRight) : null, source: label?.source ?? null, at_ms: atMs },
    })
    .execute();
}

/** Bounds the list. Those that are labelled are counted apart: hits that nobody judges must not push them out. */
export async function forgetOldMatches(queries: Queries): Promise<void> {
  for (const condition of [sql<boolean>`label is null`, sql<boolean>`label is not null`]) {
    const oldest = queries
      .selectFrom("cache_match")
      .select("id")
      .where(condition)
      .orderBy("id", "desc")
      .limit(1)
      .offset(maxMatches);
    await queries.deleteFrom("cache_match").where(condition).where("id", "<=", oldest).execute();
  }
}

/** The last answer of this tenant that was served to a request, or from an entry. */
export async function findMatch(
  { kysely }: Database,
  tenant: string,
  asked: { readonly requestId: string } | { readonly entry: string },
): Promise<Match | undefined> {
  const query = kysely
    .selectFrom("cache_match")
    .select(["id", "entry", "space", "similarity"])
    .where("tenant", "=", tenant)
    .where("served", "=", 1)
    .orderBy("id", "desc")
    .limit(1);
  const found =
    "entry" in asked
      ? query.where("entry", "=", asked.entry)
      : query.where("request_id", "=", asked.requestId);
  return await found.executeTakeFirst();
}

/** What a user says replaces what was said before; what was measured replaces nothing. */
export async function labelMatch(
  queries: Queries,
  id: number,
  { isRight, source }: { readonly isRight: boolean; readonly source: LabelSource },
): Promise<void> {
  const update = queries
    .updateTable("cache_match")
    .set({ label: Number(isRight), source })
    .where("id", "=", id);
  await (source === "feedback" ? update : update.where("label", "is", null)).execute();
}

/** The newest labels of the vectors of one model, of one tenant alone: nobody labels for others. */
export async function readLabels(
  { kysely }: Database,
  { space, tenant }: { readonly space: string; readonly tenant: string },
): Promise<readonly MatchLabel[]> {
  const rows = await kysely
    .selectFrom("cache_match")
    .select(["similarity", "label"])
    .where("space", "=", space)
    .where("tenant", "=", tenant)
    .where("label", "is not", null)
    .orderBy("id", "desc")
    .limit(maxLabels)
    .execute();
  return rows.map(({ similarity, label }) => ({ similarity, isRight: label === 1 }));
}

/** Whose vectors were compared for whom. */
export async function listSpaces(
  { kysely }: Database,
  tenant?: string,
): Promise<readonly { readonly space: string; readonly tenant: string }[]> {
  const query = kysely.selectFrom("cache_match").select(["space", "tenant"]).distinct().limit(100);
  return await (tenant === undefined ? query : query.where("tenant", "=", tenant)).execute();
}

/** Adds up how often things happened. */
export async function addCounts(queries: Queries, counts: ReadonlyMap<string, number>): Promise<void> {
  for (const [name, value] of counts)
    await queries
      .insertInto("cache_count")
      .values({ name, value })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value: sql<number>`value + ${value}` }))
      .execute();
}

export async function readCounts({ kysely }: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await kysely.selectFrom("cache_count").selectAll().execute();
  return new Map(rows.map(({ name, value }) => [name, value]));
}

/** The threshold that an evaluation found for the vectors of a model. */
export async function readStart({ kysely }: Database, space: string): Promise<number | undefined> {
  const row = await kysely
    .selectFrom("cache_start")
    .select("threshold")
    .where("space", "=", space)
    .executeTakeFirst();
  return row?.threshold;
}

export async function saveStart(
  { kysely }: Database,
  start: {
    readonly space: string;
    readonly threshold: number;
    readonly report: string;
    readonly atMs: number;
  },
): Promise<void> {
  const { space, threshold, report, atMs } = start;
  await kysely.replaceInto("cache_start").values({ space, threshold, report, at_ms: atMs }).execute();
}
