import { sql } from "kysely";
import type { Queries } from "../../store/index.ts";

export type ModelUse = { readonly uses: number; readonly lastUsedAtMs: number };

/** Counts uses of a name, whoever its model belongs to; the last of them at `atMs`. */
export async function addUses(db: Queries, name: string, uses: number, atMs: number): Promise<void> {
  await db
    .insertInto("model_use")
    .values({ name, uses, last_used_at_ms: atMs })
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet({
        uses: sql`model_use.uses + excluded.uses`,
        last_used_at_ms: sql`max(model_use.last_used_at_ms, excluded.last_used_at_ms)`,
      }),
    )
    .execute();
}

export async function selectUses(db: Queries): Promise<ReadonlyMap<string, ModelUse>> {
  const rows = await db.selectFrom("model_use").selectAll().execute();
  return new Map(rows.map((row) => [row.name, { uses: row.uses, lastUsedAtMs: row.last_used_at_ms }]));
}
