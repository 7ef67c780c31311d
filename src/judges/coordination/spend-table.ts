/**
 * What agents have cost, in the database: processes that work side by side share one budget. A call is charged with
 * the most that it can cost before it is made, and with what it did cost afterwards; a process that dies in between
 * leaves the higher figure.
 */
import type { Database, Queries } from "../../store/index.ts";
import { localTenant } from "../runs/run-store.ts";

export const hourMs = 3_600_000;
/** Rows that are older count for nothing any more. */
const keptMs = 24 * hourMs;

export type Spent = { readonly calls: number; readonly tokens: number; readonly usd: number };
export type Charge = { readonly agent: string; readonly tokens: number; readonly usd: number };

export type SpendTable = {
  /** Charges a call unless `refuse` throws, which is given what the last hour has cost; returns its number. */
  charge(charge: Charge, refuse: (total: Spent, ofAgent: Spent) => void): Promise<number>;
  /** The call has cost this. */
  settle(id: number, actual: Pick<Charge, "tokens" | "usd">): Promise<void>;
  /** The call was never made. */
  release(id: number): Promise<void>;
  /** Of the last hour. */
  readHour(): Promise<Spent>;
};

export type SpendTableOptions = {
  database(): Promise<Database>;
  readonly now: () => number;
  /** Who pays; what others have spent counts for nothing. Absent: whoever is on this machine. */
  readonly tenant?: string;
};

export function createSpendTable(options: SpendTableOptions): SpendTable {
  const { database, now, tenant = localTenant } = options;
  const sumHour = (queries: Queries, agent?: string) => sumSince(queries, now() - hourMs, tenant, agent);
  return {
    async charge({ agent, tokens, usd }, refuse) {
      const { kysely } = await database();
      return await kysely.transaction().execute(async (queries) => {
        await queries
          .deleteFrom("coordination_spend")
          .where("at_ms", "<", now() - keptMs)
          .execute();
        refuse(await sumHour(queries), await sumHour(queries, agent));
        const { id } = await queries
          .insertInto("coordination_spend")
          .values({ tenant, agent, tokens, usd, at_ms: now() })
          .returning("id")
          .executeTakeFirstOrThrow();
        return id;
      });
    },
    async settle(id, { tokens, usd }) {
      const { kysely } = await database();
      await kysely.updateTable("coordination_spend").set({ tokens, usd }).where("id", "=", id).execute();
    },
    async release(id) {
      const { kysely } = await database();
      await kysely.deleteFrom("coordination_spend").where("id", "=", id).execute();
    },
    async readHour() {
      const { kysely } = await database();
      return await sumHour(kysely);
    },
  };
}

async function sumSince(queries: Queries, sinceMs: number, tenant: string, agent?: string): Promise<Spent> {
  let query = queries
    .selectFrom("coordination_spend")
    .select(({ fn }) => [
      fn.countAll<number>().as("calls"),
      fn.sum<number | null>("tokens").as("tokens"),
      fn.sum<number | null>("usd").as("usd"),
    ])
    .where("tenant", "=", tenant)
    .where("at_ms", ">", sinceMs);
  if (agent !== undefined) query = query.where("agent", "=", agent);
  const row = await query.executeTakeFirst();
  return { calls: row?.calls ?? 0, tokens: row?.tokens ?? 0, usd: row?.usd ?? 0 };
}
