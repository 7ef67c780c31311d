import type { Database, Queries } from "../../store/index.ts";
import { type LockedBlobs, withLockedBlobs } from "../blobs/locked-blobs.ts";
import type { RemoveResult } from "../library.ts";
import { selectReferenced } from "./model-table.ts";

/**
 * Changes what names stand for, in a transaction, then removes the blobs that nothing refers to any more, as `change`
 * says, those that somebody holds excepted.
 */
export async function changeNames(
  database: Database,
  locked: LockedBlobs,
  change: (db: Queries) => Promise<readonly string[]>,
): Promise<RemoveResult> {
  const unreferenced = await database.kysely.transaction().execute(change);
  return free(locked, unreferenced);
}

/** Removes blobs that nothing refers to and nobody holds, and parts that were last worked on before a time. */
export function collectGarbage(
  database: Database,
  folder: string,
  partsBeforeMs: number,
): Promise<RemoveResult> {
  return withLockedBlobs(folder, async (locked) => {
    const referenced = await selectReferenced(database.kysely);
    const orphans = (await locked.list()).filter((digest) => !referenced.has(digest));
    const blobs = await free(locked, orphans);
    const parts = await locked.removeParts({ changedBeforeMs: partsBeforeMs });
    return {
      freedBytes: blobs.freedBytes + parts.freedBytes,
      removedBlobs: blobs.removedBlobs + parts.removedBlobs,
    };
  });
}

/** Called once the change is on the disk: after a power cut the database must not speak of files that are gone. */
function free(locked: LockedBlobs, digests: readonly string[]): Promise<RemoveResult> {
  const unheld = digests.filter((digest) => !locked.held.has(digest));
  return locked.remove(unheld);
}
