/** Queries of stored answers. An entry is of the past and not expired, or it is none: clocks may go backwards. */
import { sql } from "kysely";
import { createId } from "../../base/index.ts";
import type { Database, Queries } from "../../store/index.ts";
import { toBytes } from "./sign-bits.ts";
import { fromStoredText, type StoredAnswer, toStoredText } from "./stored-answer.ts";

/** Of one statement that removes: each takes its rows from several tables and indexes. */
const removedAtOnce = 128;
/** Of a row beside its texts and vectors: keys, hashes and indexes. */
const rowBytes = 400;
/** An entry may be from so far ahead of the clock before it counts as one of another time. */
const clockSlackMs = 60_000;

export type NewEntry = {
  readonly tenant: string;
  readonly model: string;
  readonly fingerprint: string;
  readonly questionHash: string;
  readonly question: string;
  readonly answer: StoredAnswer;
  readonly tags: readonly string[];
  readonly embedding?: Float32Array;
  /** Signs of the embedding. */
  readonly bits?: Uint32Array;
};

export type Entry = {
  readonly id: number;
  /** As clients see it. */
  readonly name: string;
  readonly fingerprint: string;
  readonly question: string;
  readonly answer: StoredAnswer;
  readonly createdAtMs: number;
  /** A question must be more alike than this. */
  readonly floor: number;
};

export type Removed = { readonly id: number; readonly fingerprint: string };

export type EntryRules = { readonly ttlMs: number; readonly maxBytes: number; readonly now: () => number };

/** What is to be removed; one field, or none for everything. */
export type Purge = { readonly tag?: string; readonly model?: string; readonly entry?: string };

const columns = [
  ...(["cache_entry.id", "cache_entry.name", "cache_entry.fingerprint", "cache_entry.floor"] as const),
  ...(["cache_entry.created_at_ms", "cache_entry.expires_at_ms"] as const),
  ...(["cache_answer.question", "cache_answer.answer"] as const),
] as const;

type Row = {
  readonly id: number;
  readonly name: string;
  readonly fingerprint: string;
  readonly floor: number;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  readonly question: string;
  readonly answer: string;
};

export type Found =
  | { readonly state: "fresh"; readonly entry: Entry }
  /** Expired, of another time, or damaged: it is to be removed. */
  | { readonly state: "stale"; readonly removed: Removed };

function selectEntries(kysely: Queries) {
  return kysely
    .selectFrom("cache_entry")
    .innerJoin("cache_answer", "cache_answer.entry_id", "cache_entry.id")
    .select(columns);
}

/** The entry of the very question. */
export async function findExact(
  { kysely }: Database,
  key: { readonly fingerprint: string; readonly questionHash: string },
  rules: EntryRules,
): Promise<Found | undefined> {
  const row = await selectEntries(kysely)
    .where("cache_entry.fingerprint", "=", key.fingerprint)
    .where("cache_entry.question_hash", "=", key.questionHash)
    .executeTakeFirst();
  return row && toFound(row, rules);
}

export async function findById(
  { kysely }: Database,
  id: number,
  rules: EntryRules,
): Promise<Found | undefined> {
  const row = await selectEntries(kysely).where("cache_entry.id", "=", id).executeTakeFirst();
  return row && toFound(row, rules);
}

function toFound(row: Row, { ttlMs, now }: EntryRules): Found {
  const { id, name, fingerprint, question, floor } = row;
  const nowMs = now();
  const endMs = Math.min(row.expires_at_ms, row.created_at_ms + ttlMs);
  const isOfNow = row.created_at_ms <= nowMs + clockSlackMs && nowMs < endMs;
  const answer = isOfNow ? fromStoredText(row.answer) : undefined;
  if (!answer) return { state: "stale", removed: { id, fingerprint } };
  const createdAtMs = row.created_at_ms;
  return { state: "fresh", entry: { id, name, fingerprint, question, floor, answer, createdAtMs } };
}

/** Stores an entry in place of one of the same question. */
export async function insertEntry(
  queries: Queries,
  entry: NewEntry,
  { ttlMs, now }: EntryRules,
): Promise<{
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly replaced: readonly Removed[];
}> {
  const { tenant, model, fingerprint, questionHash, question, answer, tags, embedding, bits } = entry;
  const replaced = await queries
    .deleteFrom("cache_entry")
    .where("fingerprint", "=", fingerprint)
    .where("question_hash", "=", questionHash)
    .returning(["id", "fingerprint"])
    .execute();
  const text = toStoredText(answer);
  const vector = embedding ? toBytes(embedding) : null;
  const bytes =
    rowBytes +
    Buffer.byteLength(text) +
    Buffer.byteLength(question) +
    (vector?.byteLength ?? 0) +
    (bits?.byteLength ?? 0);
  const name = createId("cache");
  const nowMs = now();
  const { id } = await queries
    .insertInto("cache_entry")
    .values({
      ...{ name, tenant, model, fingerprint, question_hash: questionHash, bytes, hits: 0, floor: 0 },
      ...{ bits: bits ? toBytes(bits) : null, tokens: answer.usage.completionTokens },
      ...{ created_at_ms: nowMs, expires_at_ms: nowMs + ttlMs, last_used_at_ms: nowMs, last_hit_at_ms: null },
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await queries
    .insertInto("cache_answer")
    .values({ entry_id: id, question, answer: text, embedding: vector })
    .execute();
  if (tags.length > 0) {
    const rows = [...new Set(tags)].map((tag) => ({ tag, entry_id: id }));
    await queries.insertInto("cache_tag").values(rows).execute();
  }
  return { id, name, bytes, replaced };
}

export async function noteHits(queries: Queries, id: number, hits: number, atMs: number): Promise<void> {
  await queries
    .updateTable("cache_entry")
    .set({ hits: sql<number>`hits + ${hits}`, last_hit_at_ms: atMs, last_used_at_ms: atMs })
    .where("id", "=", id)
    .execute();
}

/** After a wrong answer at this similarity, the entry answers only what is more alike. */
export async function raiseFloor(queries: Queries, name: string, similarity: number): Promise<void> {
  await queries
    .updateTable("cache_entry")
    .set({ floor: sql<number>`max(floor, ${similarity})` })
    .where("name", "=", name)
    .execute();
}

export async function removeById(queries: Queries, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await queries.deleteFrom("cache_entry").where("id", "in", ids).execute();
}

export async function removeByName(queries: Queries, name: string): Promise<void> {
  await queries.deleteFrom("cache_entry").where("name", "=", name).execute();
}

/** Some of those that have expired, or that a clock which went backwards would keep for ever. */
export async function removeStale(queries: Queries, nowMs: number): Promise<readonly Removed[]> {
  const stale = queries
    .selectFrom("cache_entry")
    .select("id")
    .where(({ or, eb }) =>
      or([eb("expires_at_ms", "<=", nowMs), eb("last_used_at_ms", ">", nowMs + clockSlackMs)]),
    )
    .limit(removedAtOnce);
  return await queries
    .deleteFrom("cache_entry")
    .where("id", "in", stale)
    .returning(["id", "fingerprint"])
    .execute();
}

/** Those used longest ago, until `excessBytes` are gone or so many were removed at once. */
export async function removeOldest(
  queries: Queries,
  excessBytes: number,
): Promise<{ readonly removed: readonly Removed[]; readonly bytes: number }> {
  const oldest = await queries
    .selectFrom("cache_entry")
    .select(["id", "fingerprint", "bytes"])
    .orderBy("last_used_at_ms")
    .limit(removedAtOnce)
    .execute();
  let bytes = 0;
  const removed = oldest.filter((row) => {
    if (bytes >= excessBytes) return false;
    bytes += row.bytes;
    return true;
  });
  await removeById(
    queries,
    removed.map(({ id }) => id),
  );
  return { removed, bytes };
}

/** Removes some of what is meant; fewer than asked for where there are no more. */
export async function purgeSome(queries: Queries, { tag, model, entry }: Purge): Promise<readonly Removed[]> {
  const all = queries.selectFrom("cache_entry").select("id").limit(removedAtOnce);
  const meant =
    tag !== undefined
      ? queries.selectFrom("cache_tag").select("entry_id as id").where("tag", "=", tag).limit(removedAtOnce)
      : model !== undefined
        ? all.where("model", "=", model)
        : entry !== undefined
          ? all.where("name", "=", entry)
          : all;
  return await queries
    .deleteFrom("cache_entry")
    .where("id", "in", meant)
    .returning(["id", "fingerprint"])
    .execute();
}

export type EntryTotals = {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  /** Of answers that were not made again. */
  readonly tokensSaved: number;
};

export async function readBytes({ kysely }: Pick<Database, "kysely">): Promise<number> {
  const total = sql<number>`coalesce(sum(bytes), 0)`.as("bytes");
  const { bytes } = await kysely.selectFrom("cache_entry").select(total).executeTakeFirstOrThrow();
  return bytes;
}

/** Of one tenant, or of all. */
export async function readTotals({ kysely }: Database, tenant?: string): Promise<EntryTotals> {
  const query = kysely
    .selectFrom("cache_entry")
    .select([
      sql<number>`count(*)`.as("entries"),
      sql<number>`coalesce(sum(bytes), 0)`.as("bytes"),
      sql<number>`coalesce(sum(hits), 0)`.as("hits"),
      sql<number>`coalesce(sum(hits * tokens), 0)`.as("tokensSaved"),
    ]);
  return await (tenant === undefined ? query : query.where("tenant", "=", tenant)).executeTakeFirstOrThrow();
}
