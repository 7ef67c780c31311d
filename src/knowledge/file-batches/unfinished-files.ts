/**
 * Files that a collection was to take by a batch and has not: they wait, failed or were cancelled. Of a file that was
 * given several times the last time counts, or the one that still waits; one that is in the collection has not failed.
 */
import { type RawBuilder, sql } from "kysely";
import { AppError, nextTurn } from "../../base/index.ts";
import type { Queries } from "../../store/index.ts";
import { getRow } from "../collections/collection-rows.ts";
import { toFileSource } from "../files/attach-file.ts";
import { toBatchFile } from "./batch-rows.ts";
import type { FileCounts, UnfinishedFile, UnfinishedPage } from "./file-batch.ts";

/** Of failed and cancelled files the newest are counted, so that one statement stays short. */
const maxCounted = 2_000;
/** Of which one statement chooses the files of a page. */
const maxLooked = 1_000;
const maxShownCharacters = 100;

export type UnfinishedCounts = Omit<FileCounts, "completed">;
type Status = keyof UnfinishedCounts;

/** By the name of the collection; one that has none is absent. */
export async function countUnfinishedFiles(queries: Queries): Promise<ReadonlyMap<string, UnfinishedCounts>> {
  const counts = new Map<string, UnfinishedCounts>();
  for (const { name, status, count } of [...(await countWaiting(queries)), ...(await countEnded(queries))]) {
    const earlier = counts.get(name) ?? { in_progress: 0, failed: 0, cancelled: 0 };
    counts.set(name, { ...earlier, [status]: Number(count) });
  }
  return counts;
}

type CountRow = { readonly name: string; readonly status: Status; readonly count: number };

async function countWaiting(queries: Queries): Promise<readonly CountRow[]> {
  const { rows } = await sql<CountRow>`select name, 'in_progress' as status, count(*) as count
    from ${items} where item.status = 'in_progress' group by name`.execute(queries);
  return rows;
}

async function countEnded(queries: Queries): Promise<readonly CountRow[]> {
  const ended = sql`where item.status in ('failed', 'cancelled')
    order by batch.number desc limit ${maxCounted}`;
  const { rows } = await sql<CountRow>`${withUnfinished(ended)}
    select name, status, count(*) as count from unfinished group by name, status`.execute(queries);
  return rows;
}

/** In the order in which they were given. Throws AppError: not_found, invalid_request for a page that begins nowhere. */
export async function listUnfinishedFiles(
  queries: Queries,
  { tenant, collection, limit, after, status, fileId }: UnfinishedPage,
): Promise<readonly UnfinishedFile[]> {
  const { id } = await getRow(queries, collection);
  const own = sql`collection.id = ${id} and batch.tenant = ${tenant}`;
  const asked = [
    ...[own, status === undefined ? sql`item.status <> 'completed'` : sql`item.status = ${status}`],
    ...(fileId === undefined ? [] : [sql`item.file_id = ${fileId}`]),
  ];
  const files: UnfinishedFile[] = [];
  let begin = after === undefined ? undefined : await startAfter(queries, own, after);
  for (;;) {
    const wanted = sql`where ${sql.join(begin ? [...asked, begin] : asked, sql` and `)}
      order by batch.number, item.position`;
    files.push(...(await lookAt(queries, wanted, limit - files.length)));
    if (files.length >= limit) return files;
    begin = await findNextBegin(queries, wanted);
    if (!begin) return files;
    await nextTurn();
  }
}

/** Of the first items that are wanted, those that count. */
async function lookAt(
  queries: Queries,
  wanted: RawBuilder<unknown>,
  limit: number,
): Promise<readonly UnfinishedFile[]> {
  const { rows } = await sql<Parameters<typeof toBatchFile>[0] & { readonly created_at_ms: number }>`
    ${withUnfinished(sql`${wanted} limit ${maxLooked}`)}
    select item.*, created_at_ms from unfinished
    join file_batch_item item on item.batch_number = unfinished.number and item.position = unfinished.position
    join file_batch batch on batch.number = unfinished.number
    order by unfinished.number, unfinished.position limit ${limit}`.execute(queries);
  return rows.map((row) => ({ ...toBatchFile(row), createdAtMs: row.created_at_ms }));
}

type ItemPlace = { readonly number: number; readonly position: number };

/** Undefined where all that is wanted was looked at. */
async function findNextBegin(queries: Queries, wanted: RawBuilder<unknown>) {
  const { rows } = await sql<ItemPlace>`select batch.number, item.position from ${items} ${wanted}
    limit 1 offset ${maxLooked - 1}`.execute(queries);
  return rows[0] && isBehind(rows[0]);
}

function isBehind({ number, position }: ItemPlace): RawBuilder<unknown> {
  return sql`(batch.number, item.position) > (${number}, ${position})`;
}

async function startAfter(queries: Queries, own: RawBuilder<unknown>, after: string) {
  const { rows } = await sql<ItemPlace>`
    select batch.number, item.position from ${items} where ${own} and item.file_id = ${after}
    order by ${turn} desc limit 1`.execute(queries);
  const [last] = rows;
  if (last) return isBehind(last);
  const shown = after.slice(0, maxShownCharacters);
  throw new AppError("invalid_request", `after is "${shown}", which no batch was to put there`);
}

/** Of collections that are there. */
const items = sql`collection join file_batch batch on batch.collection_id = collection.id and removed = 0
  join file_batch_item item on item.batch_number = batch.number`;

/** The highest of a file is its last one, or one that waits. */
const turn = sql`(item.status = 'in_progress') * 1099511627776 + batch.number`;

/** Of the items that are asked for those that say what is the matter with their file now. */
function withUnfinished(asked: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`with candidate as materialized (
      select name, collection_id, batch.number, item.position, file_id, item.status, ${turn} as turn
      from ${items} ${asked}
    ), latest as materialized (
      select collection_id, file_id, max(${turn}) as turn from ${items}
      where file_id in (select file_id from candidate) group by collection_id, file_id
    ), unfinished as (
      select candidate.* from candidate join latest using (collection_id, file_id, turn)
      where candidate.status = 'in_progress' or not exists (
        select 1 from document where document.collection_id = candidate.collection_id
          and root = '' and source = ${toFileSource("")} || candidate.file_id
      )
    )`;
}
