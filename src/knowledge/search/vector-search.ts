import { sql } from "kysely";
import type { Queries } from "../../store/index.ts";
import type { Pace } from "../indexing/pace.ts";
import { rowsOf, toKey } from "../keys.ts";
import { findNearest } from "../vectors/sign-blocks.ts";
import { fromBlob, toBlob, toSigns } from "../vectors/signs.ts";
import { maxComparedVectors, type VectorSet } from "../vectors/vector-sets.ts";
import { type AllowedChunks, isAllowed } from "./allowed-chunks.ts";

export type VectorHit = { readonly number: number; readonly cosine: number };

/** Chunks whose signs are nearest, which are then compared exactly. */
const candidates = 256;
const readRows = 500;

/** The chunks of a set whose vectors are nearest to `vector`, of length 1: exactly for few, else of those that signs chose. */
export async function searchVectors(
  queries: Queries,
  set: VectorSet,
  vector: Float32Array,
  { allowed, limit, pace }: { readonly allowed?: AllowedChunks; readonly limit: number; readonly pace: Pace },
): Promise<readonly VectorHit[]> {
  if (allowed?.count === 0 || set.vectors === 0) return [];
  const hits = await compare(queries, set, vector, { pace, ...(allowed && { allowed }) });
  return [...hits].sort((one, other) => other.cosine - one.cosine).slice(0, limit);
}

async function compare(
  queries: Queries,
  set: VectorSet,
  vector: Float32Array,
  { allowed, pace }: { readonly allowed?: AllowedChunks; readonly pace: Pace },
): Promise<readonly VectorHit[]> {
  if (allowed && allowed.count <= maxComparedVectors)
    return await compareVectors(queries, set, vector, listNumbers(allowed));
  if (set.centre === null) return await compareAll(queries, set, vector);
  const accepts = allowed && ((number: number) => isAllowed(allowed, number));
  const nearest = await findNearest(queries, set, toSigns(vector, fromBlob(set.centre)), {
    ...{ limit: candidates, pace, ...(accepts && { accepts }) },
  });
  return await compareVectors(queries, set, vector, nearest);
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
    const keys = numbers.slice(start, start + readRows).map((number) => toKey(set.id, number));
    const { rows } = await sql<VectorHit>`
      select id - ${from} as number, 1 - vec_distance_cosine(vector, ${toBlob(vector)}) as cosine
      from chunk_vector where id in (select value from json_each(${JSON.stringify(keys)}))`.execute(queries);
    hits.push(...rows);
  }
  return hits;
}

/** Of a set of few vectors. */
async function compareAll(
  queries: Queries,
  set: VectorSet,
  vector: Float32Array,
): Promise<readonly VectorHit[]> {
  const { from, to } = rowsOf(set.id);
  const { rows } = await sql<VectorHit>`
    select id - ${from} as number, 1 - vec_distance_cosine(vector, ${toBlob(vector)}) as cosine
    from chunk_vector where id >= ${from} and id < ${to}`.execute(queries);
  return rows;
}

function listNumbers({ ranges }: AllowedChunks): readonly number[] {
  const numbers: number[] = [];
  for (const { from, to } of ranges) for (let number = from; number < to; number++) numbers.push(number);
  return numbers;
}
