import { nextTurn } from "../../base/index.ts";
import type { Database } from "../../store/index.ts";

/** Of all tenants; beyond them the oldest are forgotten. */
export const maxInteractions = 100_000;
const dayMs = 86_400_000;
export const maxInteractionAgeMs = 90 * dayMs;
/** Rows of one statement, so that others get their turn between. */
const sliceRows = 200;

export type RetentionLimits = { readonly maxInteractions: number; readonly maxAgeMs: number };

export const defaultRetention: RetentionLimits = { maxInteractions, maxAgeMs: maxInteractionAgeMs };

/**
 * Deletes what is too old or too many, a slice at a time; `forgetTexts` is given the ids of those in a slice whose texts
 * were kept, before they go. Rows of a day to come, written while a clock was wrong, count as made now: none stays for ever.
 */
export async function forgetOld(
  { kysely }: Database,
  nowMs: number,
  limits: RetentionLimits,
  forgetTexts: (ids: readonly string[]) => Promise<void>,
): Promise<number> {
  await kysely
    .updateTable("interaction")
    .set({ created_at_ms: nowMs })
    .where("created_at_ms", ">", nowMs + dayMs)
    .execute();
  const newest = await kysely
    .selectFrom("interaction")
    .select((row) => row.fn.max<number | null>("position").as("position"))
    .executeTakeFirst();
  const lastBeyond = (newest?.position ?? 0) - limits.maxInteractions;
  let forgotten = 0;
  for (;;) {
    const slice = await kysely
      .selectFrom("interaction")
      .select(["position", "id", "content"])
      .where((row) =>
        row.or([row("created_at_ms", "<", nowMs - limits.maxAgeMs), row("position", "<=", lastBeyond)]),
      )
      .limit(sliceRows)
      .execute();
    if (slice.length === 0) return forgotten;
    const shown = slice.filter(({ content }) => content !== "hash");
    if (shown.length > 0) await forgetTexts(shown.map(({ id }) => id));
    const positions = slice.map(({ position }) => position);
    await kysely.deleteFrom("interaction").where("position", "in", positions).execute();
    forgotten += slice.length;
    await nextTurn();
  }
}
