/** Queries of stored interactions. A tenant sees its own alone: another's id is as unknown as one that never was. */
import type { Insertable } from "kysely";
import { AppError } from "../../base/index.ts";
import type { Database, InteractionTable } from "../../store/index.ts";
import {
  type Feedback,
  type Interaction,
  type InteractionRow,
  type NewInteraction,
  type Outcome,
  toInteraction,
} from "./interaction.ts";
import type { KeptContent } from "./keep-content.ts";
import { addUsage, toDay } from "./usage.ts";

/** Of an id that nobody knows, in the error about it. */
const maxShownCharacters = 100;

export type Kept = { readonly asked: NewInteraction; readonly kept: KeptContent };

export type InteractionPage = {
  readonly tenant: string;
  readonly limit: number;
  /** Id of the last one of the page before. */
  readonly after?: string;
  readonly outcome?: Interaction["outcome"];
};

/** Absent feedback leaves what was said before. */
export type OutcomeChange = { readonly outcome: Outcome; readonly feedback?: Feedback };

export type InteractionStore = ReturnType<typeof createInteractionStore>;

type Options = { database(): Promise<Database>; readonly now: () => number };

export function createInteractionStore({ database, now }: Options) {
  const from = async () => (await database()).kysely.selectFrom("interaction");

  async function find(id: string, tenant: string): Promise<Interaction | undefined> {
    const row = await (await from())
      .selectAll()
      .where("id", "=", id)
      .where("tenant", "=", tenant)
      .executeTakeFirst();
    return row && toInteraction(row);
  }
  async function get(id: string, tenant: string): Promise<Interaction> {
    const found = await find(id, tenant);
    if (found) return found;
    const message = `there is no interaction "${id.slice(0, maxShownCharacters)}"; list them to see which are kept`;
    throw new AppError("not_found", message);
  }
  async function update(id: string, changes: Partial<Insertable<InteractionTable>>): Promise<void> {
    await (await database()).kysely.updateTable("interaction").set(changes).where("id", "=", id).execute();
  }
  return {
    find,
    get,
    /** All in one transaction, with what they used; one whose id is there is left as it is. */
    async add(batch: readonly Kept[]): Promise<void> {
      const { kysely } = await database();
      const createdAtMs = now();
      await kysely.transaction().execute(async (queries) => {
        await queries
          .insertInto("interaction")
          .values(batch.map((one) => toRow(one, createdAtMs)))
          .onConflict((conflict) => conflict.column("id").doNothing())
          .execute();
        // What a client reports of other machines was not measured here.
        const answers = batch.map(({ asked }) => asked).filter(({ origin }) => origin === "served");
        await addUsage(queries, answers, toDay(createdAtMs));
      });
    },
    /** The newest first. Throws AppError not_found for an `after` that is not there. */
    async list({ tenant, limit, after, outcome }: InteractionPage): Promise<readonly Interaction[]> {
      let query = (await from()).selectAll().where("tenant", "=", tenant);
      if (outcome !== undefined) query = query.where("outcome", "=", outcome);
      if (after !== undefined) query = query.where("position", "<", await positionOf(after, tenant));
      const rows: readonly InteractionRow[] = await query.orderBy("position", "desc").limit(limit).execute();
      return rows.map(toInteraction);
    },
    /** Whether it was another outcome than the one that is there, and whether the first one at all. */
    async setOutcome(id: string, { outcome, feedback }: OutcomeChange) {
      const { kysely } = await database();
      return await kysely.transaction().execute(async (queries) => {
        const before = await queries
          .selectFrom("interaction")
          .select(["outcome", "feedback", "inferred", "contexts_noted"])
          .where("id", "=", id)
          .executeTakeFirst();
        if (before === undefined) return { isChanged: false, isFirst: false };
        const said = feedback ?? before.feedback;
        const isSame = before.outcome === outcome && before.inferred === 0 && before.feedback === said;
        if (isSame) return { isChanged: false, isFirst: false };
        await queries
          .updateTable("interaction")
          .set({ outcome, feedback: said, inferred: 0, contexts_noted: 1, outcome_at_ms: now() })
          .where("id", "=", id)
          .execute();
        return { isChanged: true, isFirst: before.contexts_noted === 0 };
      });
    },
    /** A guess; it never takes the place of what somebody said. */
    async inferOutcome(id: string, outcome: Outcome): Promise<void> {
      await (await database()).kysely
        .updateTable("interaction")
        .set({ outcome, inferred: 1, outcome_at_ms: now() })
        .where("id", "=", id)
        .where("outcome", "=", "unknown")
        .execute();
    },
    setValue: (id: string, value: number, terms: Interaction["terms"] | null) =>
      update(id, { value, terms: terms === null ? null : JSON.stringify(terms) }),
    setDocument: (id: string, documentId: string) => update(id, { document_id: documentId }),
    setPattern: (id: string, patternId: string) => update(id, { pattern_id: patternId }),
    /** Which of these came before it, whatever the clock said. */
    async keepEarlier({ id, tenant }: Interaction, ids: readonly string[]): Promise<ReadonlySet<string>> {
      if (ids.length === 0) return new Set();
      const rows = await (await from())
        .select("id")
        .where("id", "in", ids)
        .where("tenant", "=", tenant)
        .where("position", "<", await positionOf(id, tenant))
        .execute();
      return new Set(rows.map((row) => row.id));
    },
    /** Those before it that asked for the very same. */
    async countSame({ id, tenant, queryHash }: Interaction): Promise<number> {
      const { count } = await (await from())
        .select((row) => row.fn.countAll<number>().as("count"))
        .where("tenant", "=", tenant)
        .where("query_hash", "=", queryHash)
        .where("position", "<", await positionOf(id, tenant))
        .executeTakeFirstOrThrow();
      return count;
    },
  };

  async function positionOf(id: string, tenant: string): Promise<number> {
    const row = await (await from())
      .select("position")
      .where("id", "=", id)
      .where("tenant", "=", tenant)
      .executeTakeFirst();
    if (row) return row.position;
    throw new AppError("not_found", `there is no interaction "${id.slice(0, maxShownCharacters)}"`);
  }
}

function toRow({ asked, kept }: Kept, createdAtMs: number): Insertable<InteractionTable> {
  return {
    ...{ id: asked.id, tenant: asked.tenant, origin: asked.origin, content: kept.content },
    ...{ query: kept.query ?? null, response: kept.response ?? null, system: kept.system ?? null },
    ...{ query_hash: kept.queryHash, response_hash: kept.responseHash, cut: kept.isCut ? 1 : 0 },
    ...{ query_length: asked.query.length, response_length: asked.response.length },
    ...{ model: asked.model, agent_type: asked.agentType, route: asked.route },
    ...{ prompt_tokens: asked.promptTokens, completion_tokens: asked.completionTokens },
    ...{ latency_ms: asked.latencyMs, context_ids: JSON.stringify(asked.contextIds) },
    ...{ tags: JSON.stringify(asked.tags), consent: asked.consent ? 1 : 0 },
    ...{ private: asked.isPrivate ? 1 : 0, outcome: "unknown", inferred: 0, feedback: null },
    ...{ value: 0, terms: null, contexts_noted: 0, document_id: null, pattern_id: null },
    ...{ created_at_ms: createdAtMs, outcome_at_ms: null },
  };
}
