import type { Database } from "../../store/index.ts";
import type { Score } from "../statistics/score.ts";
import { checkScore } from "./drift.ts";

/** Scores of a series that are kept; the oldest leave. */
export const seriesWindow = 100;
/** Of more series those are forgotten that were added to longest ago. */
export const maxSeries = 10_000;

/** Scores of tasks that are judged again and again, in the order in which they came. */
export type ScoreSeries = {
  /** Throws AppError invalid_request for what is no score from 0 to 1. */
  add(key: string, score: number): Promise<void>;
  /** Adds what was scored and leaves the series as it is otherwise; whether it was. */
  record(key: string, score: Score): Promise<boolean>;
  /** The oldest first; none of an unknown key. */
  read(key: string): Promise<readonly number[]>;
};

export type ScoreSeriesOptions = {
  database(): Promise<Database>;
  readonly now: () => number;
  readonly maxSeries?: number;
};

type Queries = Database["kysely"];

export function createScoreSeries({ database, now, ...options }: ScoreSeriesOptions): ScoreSeries {
  const mostSeries = options.maxSeries ?? maxSeries;

  async function add(key: string, score: number): Promise<void> {
    checkScore(score, "score");
    const { kysely } = await database();
    await kysely.transaction().execute(async (queries) => {
      const { length: known } = await readLast(queries, key, 1);
      await queries.insertInto("judge_score").values({ series: key, score, at_ms: now() }).execute();
      if (known > 0) await forgetOldScores(queries, key);
      else await forgetOldSeries(queries, mostSeries);
    });
  }

  return {
    add,
    async record(key, score) {
      if (score.scored) await add(key, score.value);
      return score.scored;
    },
    async read(key) {
      const { kysely } = await database();
      const rows = await readLast(kysely, key, seriesWindow);
      return rows.map(({ score }) => score).toReversed();
    },
  };
}

async function readLast(queries: Queries, key: string, limit: number) {
  return await queries
    .selectFrom("judge_score")
    .select("score")
    .where("series", "=", key)
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

async function forgetOldScores(queries: Queries, key: string): Promise<void> {
  const kept = queries
    .selectFrom("judge_score")
    .select("id")
    .where("series", "=", key)
    .orderBy("id", "desc")
    .limit(seriesWindow);
  await queries.deleteFrom("judge_score").where("series", "=", key).where("id", "not in", kept).execute();
}

async function forgetOldSeries(queries: Queries, most: number): Promise<void> {
  const { count } = await queries
    .selectFrom("judge_score")
    .select(({ fn }) => fn.count<number>("series").distinct().as("count"))
    .executeTakeFirstOrThrow();
  if (count <= most) return;
  const oldest = queries
    .selectFrom("judge_score")
    .select("series")
    .groupBy("series")
    .orderBy(({ fn }) => fn.max("id"))
    .limit(count - most);
  await queries.deleteFrom("judge_score").where("series", "in", oldest).execute();
}
