import { sql } from "kysely";
import type { Database, Queries } from "../../store/index.ts";
import type { NewInteraction } from "./interaction.ts";

/** Days for which counts are kept: they hold no text. */
export const maxUsageDays = 400;
/** Models of one tenant and day that are told apart; others count together. */
const maxModelsADay = 200;
const otherModels = "other";
const dayMs = 86_400_000;

export type Usage = {
  readonly route: "local" | "remote" | "cache";
  readonly model: string;
  readonly answers: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
};

type Counted = Pick<NewInteraction, "tenant" | "route" | "model" | "promptTokens" | "completionTokens">;

export function toDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** Adds what answers of one day used. Inside a transaction. */
export async function addUsage(queries: Queries, answers: readonly Counted[], day: string): Promise<void> {
  const sums = new Map<string, Counted & { readonly answers: number }>();
  for (const answer of answers) {
    const key = JSON.stringify([answer.tenant, answer.route, answer.model]);
    const sum = sums.get(key) ?? { ...answer, promptTokens: 0, completionTokens: 0, answers: 0 };
    sums.set(key, {
      ...sum,
      answers: sum.answers + 1,
      promptTokens: sum.promptTokens + answer.promptTokens,
      completionTokens: sum.completionTokens + answer.completionTokens,
    });
  }
  for (const sum of sums.values()) await addSum(queries, sum, day);
}

async function addSum(
  queries: Queries,
  sum: Counted & { readonly answers: number },
  day: string,
): Promise<void> {
  const { tenant, route } = sum;
  const ofDay = queries.selectFrom("usage_day").where("tenant", "=", tenant).where("day", "=", day);
  const known = await ofDay.select(["model"]).distinct().limit(maxModelsADay).execute();
  const isListed = known.length < maxModelsADay || known.some(({ model }) => model === sum.model);
  await queries
    .insertInto("usage_day")
    .values({
      ...{ tenant, day, route, model: isListed ? sum.model : otherModels, answers: sum.answers },
      ...{ prompt_tokens: sum.promptTokens, completion_tokens: sum.completionTokens },
    })
    .onConflict((conflict) =>
      conflict.columns(["tenant", "day", "route", "model"]).doUpdateSet({
        answers: sql`answers + excluded.answers`,
        prompt_tokens: sql`prompt_tokens + excluded.prompt_tokens`,
        completion_tokens: sql`completion_tokens + excluded.completion_tokens`,
      }),
    )
    .execute();
}

/** Of one tenant, by route and model, since `fromDay`. */
export async function readUsage(
  { kysely }: Database,
  tenant: string,
  fromDay: string,
): Promise<readonly Usage[]> {
  const rows = await kysely
    .selectFrom("usage_day")
    .select((row) => [
      ...(["route", "model"] as const),
      row.fn.sum<number>("answers").as("answers"),
      row.fn.sum<number>("prompt_tokens").as("promptTokens"),
      row.fn.sum<number>("completion_tokens").as("completionTokens"),
    ])
    .where("tenant", "=", tenant)
    .where("day", ">=", fromDay)
    .groupBy(["route", "model"])
    .execute();
  return rows.map((row) => ({ ...row, route: row.route as Usage["route"] }));
}

/** Days before the last `maxUsageDays`, and those after tomorrow, which a wrong clock wrote. */
export async function forgetUsage({ kysely }: Database, nowMs: number): Promise<void> {
  await kysely
    .deleteFrom("usage_day")
    .where((row) =>
      row.or([
        row("day", "<", toDay(nowMs - maxUsageDays * dayMs)),
        row("day", ">", toDay(nowMs + 2 * dayMs)),
      ]),
    )
    .execute();
}
