import { AppError } from "../../base/index.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { fromChunkId } from "../keys.ts";
import { writeAttributes } from "./change-attributes.ts";
import { countUse } from "./use-attributes.ts";

/** Texts that one answer rested on. */
export const maxUsedChunks = 256;

/**
 * Counts one use for each document that these chunks are of, once however many of its chunks were used. It is no change
 * of what a collection holds: its revision stays.
 */
export async function noteUse(
  { database, now }: Pick<KnowledgeDeps, "database" | "now">,
  chunkIds: readonly string[],
  { success }: { readonly success: boolean },
): Promise<void> {
  if (chunkIds.length > maxUsedChunks) {
    const message = `${chunkIds.length} chunks were used and ${maxUsedChunks} is the most of one answer`;
    throw new AppError("invalid_request", message);
  }
  const keys = chunkIds.map(fromChunkId).filter((key) => key !== undefined);
  if (keys.length === 0) return;
  const { kysely } = await database();
  await kysely.transaction().execute(async (queries) => {
    const documents = await queries
      .selectFrom("document")
      .select(["id", "collection_id", "attributes"])
      .where("id", "in", (from) =>
        from.selectFrom("chunk").select("document_id").where("chunk.id", "in", keys),
      )
      .execute();
    for (const { id, collection_id: collectionId, attributes } of documents) {
      const used = countUse(JSON.parse(attributes), { success, nowMs: now() });
      await writeAttributes(queries, { id, collectionId }, used);
    }
  });
}
