import { sql } from "kysely";
import type { Queries } from "../../store/index.ts";
import type { Pace } from "../indexing/pace.ts";
import { rowsOf, toKey } from "../keys.ts";
import { dot, fromBlob, toSigns } from "../vectors/signs.ts";
import { maxComparedVectors, signsTable, type VectorSet } from "../vectors/vector-sets.ts";
import { type AllowedChunks, isAllowed } from "./allowed-chunks.ts";

export type VectorHit = { readonly number: number; readonly cosine: number };

/** Chunks whose signs are nearest, which are then compared exactly. */
const candidates = 400;
/** The most that sqlite-vec gives. */
const maxCandidates = 4_096;
/** A filter that lets this share pass needs no list of what it lets pass: there are enough among the nearest. */
const broadShare = 0.25;
const readRows = 500;

/** The chunks of a set whose vectors are nearest to `vector`, of length 1: exactly for few, else of those that signs chose. */
export async function searchVectors(
  queries: Queries,
  set: VectorSet,
  vector: Float32Array,
  { allowed, limit, pace }: { readonly allowed?: AllowedChunks; readonly limit: number; readonly pace: Pace },
): Promise<readonly VectorHit[]> {
  if (allowed?.count === 0 || set.vectors === 0) return [];
  const isSmall = set.centre === null || (allowed !== undefined && allowed.count <= maxComparedVectors);
  const isWhole = isSmall && allowed === undefined;
  const hits = isWhole
    ? await compareAll(queries, set, vector, pace)
    : await compareVectors(
        ...([queries, set, vector] as const),
        isSmall && allowed ? listNumbers(allowed) : await chooseBySigns(queries, set, vector, allowed),
      );
  return [...hits].sort((one, other) => other.cosine - one.cosine).slice(0, limit);
}

/** Cosines of these numbers; those without a vector are left out. */
export async function compareVectors(
  queries: Queries,
  set: VectorSet,
  vector: Float32Array,
  numbers: readonly number[],
): Promise<readonly VectorHit[]> {
  const { from } = rowsOf(set.id);
  const hits: VectorHit[] = [];
  for (let start = 0; start < numbers.length; start += readRows) {
    const keys = JSON.stringify(
      numbers.slice(start, start + readRows).map((number) => toKey(set.id, number)),
    );
    const { rows } = await sql<{ readonly id: number; readonly vector: Uint8Array }>`
      select id, vector from chunk_vector where id in (select value from json_each(${keys}))`.execute(
      queries,
    );
    for (const row of rows) hits.push({ number: row.id - from, cosine: dot(vector, fromBlob(row.vector)) });
  }
  return hits;
}

async function compareAll(
  queries: Queries,
  set: VectorSet,
  vector: Float32Array,
  pace: Pace,
): Promise<readonly VectorHit[]> {
  const { from, to } = rowsOf(set.id);
  const hits: VectorHit[] = [];
  for (let next = from; ; ) {
    const rows = await queries
      .selectFrom("chunk_vector")
      .select(["id", "vector"])
      .where("id", ">=", next)
      .where("id", "<", to)
      .orderBy("id")
      .limit(readRows)
      .execute();
    for (const row of rows) hits.push({ number: row.id - from, cosine: dot(vector, fromBlob(row.vector)) });
    const last = rows.at(-1);
    if (!last || rows.length < readRows) return hits;
    next = last.id + 1;
    if (pace.isDue()) await pace.rest();
  }
}

async function chooseBySigns(
  queries: Queries,
  set: VectorSet,
  vector: Float32Array,
  allowed: AllowedChunks | undefined,
): Promise<readonly number[]> {
  const signs = toSigns(vector, fromBlob(set.centre ?? new Uint8Array()));
  const isBroad = allowed !== undefined && allowed.count >= broadShare * set.vectors;
  const wanted = isBroad ? Math.min(maxCandidates, Math.ceil(candidates / broadShare)) : candidates;
  const within =
    allowed === undefined || isBroad
      ? sql`true`
      : sql`rowid in (select value from json_each(${JSON.stringify(listNumbers(allowed))}))`;
  const { rows } = await sql<{ readonly number: number }>`select rowid as number from ${signsTable(set.id)}
    where signs match vec_bit(${signs}) and k = ${wanted} and ${within}`.execute(queries);
  const numbers = rows.map(({ number }) => number);
  return isBroad ? numbers.filter((number) => isAllowed(allowed, number)) : numbers;
}

function listNumbers({ ranges }: AllowedChunks): readonly number[] {
  const numbers: number[] = [];
  for (const { from, to } of ranges) for (let number = from; number < to; number++) numbers.push(number);
  return numbers;
}
