import { type RawBuilder, sql } from "kysely";
import type { Queries } from "../../store/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import type { Pace } from "../indexing/pace.ts";
import type { Filter } from "./filter.ts";

/** Chunk numbers of the documents that a filter lets pass, as ranges that rise and do not touch one another. */
export type AllowedChunks = {
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  readonly count: number;
};

/** Documents of one statement. */
const pageDocuments = 2_000;

export async function findAllowed(
  queries: Queries,
  collection: Pick<CollectionRow, "id">,
  filter: Filter,
  pace: Pace,
): Promise<AllowedChunks> {
  const ranges: { from: number; to: number }[] = [];
  for (let after = 0; ; ) {
    const rows = await listPage(queries, collection.id, filter, after);
    for (const { first_number, chunks } of rows)
      ranges.push({ from: first_number, to: first_number + chunks });
    const last = rows.at(-1);
    if (!last || rows.length < pageDocuments) break;
    after = last.id;
    if (pace.isDue()) await pace.rest();
  }
  ranges.sort((one, other) => one.from - other.from);
  return { ranges: join(ranges), count: ranges.reduce((sum, { from, to }) => sum + to - from, 0) };
}

export function isAllowed({ ranges }: AllowedChunks, number: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.to ?? 0) <= number) low = middle + 1;
    else high = middle;
  }
  return (ranges[low]?.from ?? Number.POSITIVE_INFINITY) <= number;
}

type Row = { readonly id: number; readonly first_number: number; readonly chunks: number };

/** Of one value that must be there its index leads to the documents; else all are looked at. */
async function listPage(
  queries: Queries,
  collectionId: number,
  filter: Filter,
  after: number,
): Promise<readonly Row[]> {
  const driver = findDriver(filter);
  const condition = toSql(filter);
  const documents =
    driver === undefined
      ? sql`document where document.collection_id = ${collectionId}`
      : sql`document_attribute driver join document on document.id = driver.document_id
          where driver.collection_id = ${collectionId} and driver.name = ${driver.key} and driver.value = ${driver.value}`;
  const id = driver === undefined ? sql.ref("document.id") : sql.ref("driver.document_id");
  const { rows } = await sql<Row>`select document.id, first_number, chunks from ${documents}
    and ${id} > ${after} and ${condition} order by ${id} limit ${pageDocuments}`.execute(queries);
  return rows;
}

function findDriver(filter: Filter): { readonly key: string; readonly value: string | number } | undefined {
  if (filter.type === "and") {
    for (const part of filter.filters) {
      const driver = findDriver(part);
      if (driver) return driver;
    }
  }
  const [value, ...others] = filter.type === "any" ? filter.values : [];
  return filter.type === "any" && value !== undefined && others.length === 0
    ? { key: filter.key, value }
    : undefined;
}

const comparisons = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` } as const;

function toSql(filter: Filter): RawBuilder<unknown> {
  switch (filter.type) {
    case "and":
    case "or": {
      if (filter.filters.length === 0) return sql`true`;
      const separator = filter.type === "and" ? sql` and ` : sql` or `;
      return sql`(${sql.join(filter.filters.map(toSql), separator)})`;
    }
    case "any":
      return hasValue(filter.key, isOneOf(filter.values));
    case "only":
      return sql`not ${hasValue(filter.key, sql`value <> ${filter.value}`)}`;
    case "none":
      return sql`not ${hasValue(filter.key, isOneOf(filter.values))}`;
    case "gt":
    case "gte":
    case "lt":
    case "lte": {
      const type = typeof filter.value === "string" ? sql`('text')` : sql`('integer', 'real')`;
      const { value } = filter;
      return hasValue(
        filter.key,
        sql`value ${comparisons[filter.type]} ${value} and typeof(value) in ${type}`,
      );
    }
    default:
      return filter satisfies never;
  }
}

function isOneOf(values: readonly (string | number)[]): RawBuilder<unknown> {
  return values.length === 0 ? sql`false` : sql`value in (${sql.join(values)})`;
}

function hasValue(key: string, condition: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`exists (select 1 from document_attribute own
    where own.document_id = document.id and own.name = ${key} and ${condition})`;
}

function join(ranges: readonly { readonly from: number; readonly to: number }[]) {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of ranges) {
    const last = joined.at(-1);
    if (last && last.to >= from) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}
