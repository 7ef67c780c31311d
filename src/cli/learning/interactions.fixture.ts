import { type InteractionTable, openHomeDatabase } from "../../store/index.ts";
import type { TemporaryFolder } from "../../testing/index.ts";

/** Puts interactions into the database of a home, each with what is said of it. */
export async function insertInteractions(
  home: TemporaryFolder,
  ...rows: readonly Partial<InteractionTable>[]
): Promise<void> {
  const database = await openHomeDatabase(home.path);
  for (const [index, row] of rows.entries())
    await database.kysely
      .insertInto("interaction")
      .values({
        ...{ id: `chatcmpl-${index}`, tenant: "local", origin: "served", content: "full", system: null },
        ...{ query: `question ${index}`, response: `answer ${index}`, query_hash: "", response_hash: "" },
        ...{ query_length: 1, response_length: 1, cut: 0, model: "hearth-demo", agent_type: "local" },
        ...{ route: "local", prompt_tokens: 1, completion_tokens: 1, latency_ms: 1, context_ids: "[]" },
        ...{ tags: "[]", consent: 1, private: 0, outcome: "success", inferred: 0, feedback: 1, value: 0.8 },
        ...{ terms: "{}", contexts_noted: 0, document_id: null, pattern_id: null, created_at_ms: index },
        ...{ outcome_at_ms: null, ...row },
      } as InteractionTable & { position: number })
      .execute();
  await database.close();
}
