import { AppError } from "../../base/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { RouteBody } from "./route-body.ts";

/** The receipt of one answer, under the id that the answer carried. */
export type StoredRoute = {
  readonly id: string;
  readonly tenant: string;
  readonly createdAtMs: number;
  readonly body: RouteBody;
};

export type RouteFilter = {
  /** Absent: of everybody. */
  readonly tenant?: string;
  readonly kind?: RouteBody["kind"];
  readonly rule?: string;
  /** An id; those older than it follow. */
  readonly after?: string;
  readonly limit: number;
};

export type RouteCounts = { readonly kind: string; readonly rule: string; readonly count: number };

export type ReceiptStore = {
  add(routes: readonly StoredRoute[]): Promise<void>;
  /** Throws AppError not_found, also for one of another tenant. */
  get(id: string, tenant: string | undefined): Promise<StoredRoute>;
  /** The newest first. */
  list(filter: RouteFilter): Promise<readonly StoredRoute[]>;
  /** Of answers since then, by where they came from and why. */
  count(sinceMs: number): Promise<readonly RouteCounts[]>;
};

/** Receipts beyond these are forgotten, the oldest first. */
export const maxReceipts = 100_000;
/** Rows that leave with one write, which keeps it short. */
const maxForgotten = 200;
export const maxListedRoutes = 200;
const maxShownCharacters = 100;

const columns = ["id", "tenant", "receipt", "created_at_ms"] as const;

export function createReceiptStore(
  { database }: Pick<CoordinatorDeps, "database">,
  { maxRows = maxReceipts }: { readonly maxRows?: number } = {},
): ReceiptStore {
  async function find(id: string, tenant: string | undefined) {
    const { kysely } = await database();
    const query = kysely
      .selectFrom("route_receipt")
      .select([...columns, "position"])
      .where("id", "=", id);
    const row = await (tenant === undefined ? query : query.where("tenant", "=", tenant)).executeTakeFirst();
    if (row) return row;
    throw new AppError(
      "not_found",
      `there is no receipt of "${id.slice(0, maxShownCharacters)}"; list the routes to see which are kept`,
    );
  }
  return {
    async add(routes) {
      const { kysely } = await database();
      await kysely.transaction().execute(async (queries) => {
        await queries.insertInto("route_receipt").orReplace().values(routes.map(toRow)).execute();
        const newest = await queries
          .selectFrom("route_receipt")
          .select((query) => query.fn.max("position").as("position"))
          .executeTakeFirst();
        await queries
          .deleteFrom("route_receipt")
          .where("position", "in", (query) =>
            query
              .selectFrom("route_receipt")
              .select("position")
              .where("position", "<=", (newest?.position ?? 0) - maxRows)
              .orderBy("position")
              .limit(maxForgotten),
          )
          .execute();
      });
    },
    get: async (id, tenant) => toRoute(await find(id, tenant)),
    async list({ tenant, kind, rule, after, limit }) {
      const { kysely } = await database();
      let query = kysely
        .selectFrom("route_receipt")
        .select(columns)
        .orderBy("position", "desc")
        .limit(Math.min(limit, maxListedRoutes));
      if (tenant !== undefined) query = query.where("tenant", "=", tenant);
      if (kind !== undefined) query = query.where("kind", "=", kind);
      if (rule !== undefined) query = query.where("rule", "=", rule);
      if (after !== undefined) query = query.where("position", "<", (await find(after, tenant)).position);
      return (await query.execute()).map(toRoute);
    },
    async count(sinceMs) {
      const { kysely } = await database();
      const rows = await kysely
        .selectFrom("route_receipt")
        .select(["kind", "rule", (query) => query.fn.countAll<number>().as("count")])
        .where("created_at_ms", ">=", sinceMs)
        .groupBy(["kind", "rule"])
        .execute();
      return rows.map(({ kind, rule, count }) => ({ kind, rule, count: Number(count) }));
    },
  };
}

function toRow({ id, tenant, createdAtMs, body }: StoredRoute) {
  const { kind, rule } = body;
  return { id, tenant, kind, rule, receipt: JSON.stringify(body), created_at_ms: createdAtMs };
}

function toRoute(row: { id: string; tenant: string; receipt: string; created_at_ms: number }): StoredRoute {
  return {
    ...{ id: row.id, tenant: row.tenant, createdAtMs: row.created_at_ms },
    body: JSON.parse(row.receipt),
  };
}
