import { sql } from "kysely";
import type { Database } from "../../store/index.ts";
import { highValue } from "./value-score.ts";

const weekMs = 7 * 86_400_000;
const recentValues = 10;
const averagedValues = 100;

/** Of one tenant's interactions. */
export type LearningCounts = {
  readonly total: number;
  readonly high: number;
  readonly lastWeek: number;
  readonly lastWeekHigh: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly inferred: number;
  /** Interactions that a pattern was made of. */
  readonly extractions: number;
  /** Fit for training: confirmed success of high value, with consent and its texts. */
  readonly samples: number;
  /** Newest first, of those that are scored. */
  readonly recentValues: readonly number[];
  /** Of the last 100 that are scored; absent where none is. */
  readonly averageValue?: number;
};

/** Times are compared as times, values as numbers. Every statement is answered from an index alone. */
export async function countLearning(
  database: Database,
  tenant: string,
  nowMs: number,
): Promise<LearningCounts> {
  const total = await countMade(database, tenant);
  const rated = await countRated(database, tenant, nowMs - weekMs);
  const { success, partial, failure, ...others } = rated;
  const values = await readValues(database, tenant);
  return {
    ...{ ...others, total, recentValues: values.slice(0, recentValues) },
    lastWeek: await countMade(database, tenant, nowMs - weekMs),
    outcomes: { success, partial, failure, unknown: total - success - partial - failure },
    ...(values.length > 0 && { averageValue: values.reduce((sum, value) => sum + value, 0) / values.length }),
  };
}

async function countMade({ kysely }: Database, tenant: string, sinceMs?: number): Promise<number> {
  const query = kysely
    .selectFrom("interaction")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("tenant", "=", tenant);
  const since = sinceMs === undefined ? query : query.where("created_at_ms", ">=", sinceMs);
  return (await since.executeTakeFirstOrThrow()).count;
}

async function countRated({ kysely }: Database, tenant: string, sinceMs: number) {
  const count = (condition: ReturnType<typeof sql<boolean>>) =>
    sql<number>`coalesce(sum(case when ${condition} then 1 else 0 end), 0)`;
  const isHigh = sql<boolean>`value >= ${highValue}`;
  return await kysely
    .selectFrom("interaction")
    .select([
      count(isHigh).as("high"),
      count(sql`created_at_ms >= ${sinceMs} and ${isHigh}`).as("lastWeekHigh"),
      count(sql`outcome = 'success'`).as("success"),
      count(sql`outcome = 'partial'`).as("partial"),
      count(sql`outcome = 'failure'`).as("failure"),
      count(sql`inferred = 1`).as("inferred"),
      count(sql`pattern_id is not null`).as("extractions"),
      count(sql`${isHigh} and outcome = 'success' and inferred = 0 and consent = 1 and content <> 'hash'`).as(
        "samples",
      ),
    ])
    .where("tenant", "=", tenant)
    .where("outcome_at_ms", "is not", null)
    .executeTakeFirstOrThrow();
}

/** The newest first, of outcomes that are scored. */
async function readValues({ kysely }: Database, tenant: string): Promise<readonly number[]> {
  const scored = await kysely
    .selectFrom("interaction")
    .select("value")
    .where("tenant", "=", tenant)
    .where("outcome_at_ms", "is not", null)
    .where("terms", "is not", null)
    .orderBy("outcome_at_ms", "desc")
    .limit(averagedValues)
    .execute();
  return scored.map(({ value }) => value);
}
