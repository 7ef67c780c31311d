import type { Database } from "../../store/index.ts";

/** Of one query, which SQLite answers in one piece. */
const pageRows = 200;
const textRows = 50;

/** What decides whether an interaction is exported. */
export type Candidate = {
  readonly id: string;
  readonly position: number;
  readonly content: string;
  readonly cut: number;
  readonly consent: number;
  readonly private: number;
  readonly outcome: string;
  readonly inferred: number;
  readonly value: number;
};

export type InteractionText = {
  readonly id: string;
  readonly position: number;
  readonly query: string;
  readonly response: string;
  readonly model: string;
  readonly value: number;
  /** JSON; null until it is scored. */
  readonly terms: string | null;
};

/** All interactions in the order they came in, or those of one tenant; others get their turn between the pages. */
export async function* readCandidates(
  { kysely }: Database,
  tenant: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Candidate, void, undefined> {
  let last = -1;
  while (true) {
    signal.throwIfAborted();
    let query = kysely
      .selectFrom("interaction")
      .select(["id", "position", "content", "cut", "consent", "private", "outcome", "inferred", "value"])
      .where("position", ">", last)
      .orderBy("position")
      .limit(pageRows);
    if (tenant !== undefined) query = query.where("tenant", "=", tenant);
    const rows = await query.execute();
    yield* rows;
    if (rows.length < pageRows) return;
    last = rows.at(-1)?.position ?? last;
    await Bun.sleep(0);
  }
}

/** The texts of these interactions; those that are gone, or have none, are left out. */
export async function* readTexts(
  { kysely }: Database,
  candidates: readonly Pick<Candidate, "id">[],
  signal: AbortSignal,
): AsyncGenerator<InteractionText, void, undefined> {
  for (let start = 0; start < candidates.length; start += textRows) {
    signal.throwIfAborted();
    const ids = candidates.slice(start, start + textRows).map(({ id }) => id);
    const rows = await kysely
      .selectFrom("interaction")
      .select(["id", "position", "query", "response", "model", "value", "terms"])
      .where("id", "in", ids)
      .orderBy("position")
      .execute();
    for (const { query, response, ...row } of rows)
      if (query !== null && response !== null) yield { ...row, query, response };
    await Bun.sleep(0);
  }
}
