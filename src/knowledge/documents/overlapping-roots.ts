import { sql } from "kysely";
import type { Queries } from "../../store/index.ts";
import { afterPrefix, listFoldersAround, toPrefix } from "./file-places.ts";

/**
 * Folders inside another one that a run knows of beforehand. Files of further ones are taken over all the same when
 * they are added; what is gone of them is left to their own runs.
 */
const maxInnerRoots = 1_000;

/** Folders that brought documents, other than the one that was asked about; each list has the outermost first. */
export type OverlappingRoots = {
  /** It lies in them. */
  readonly outer: readonly string[];
  /** They lie in it. */
  readonly inner: readonly string[];
};

/** One look into the index a root, however many documents each of them has. */
export async function findOverlappingRoots(
  queries: Queries,
  collectionId: number,
  folder: string,
): Promise<OverlappingRoots> {
  const around = JSON.stringify(listFoldersAround(folder));
  const outer = await sql<{ readonly root: string }>`select value as root from json_each(${around}) as place
    where exists (select 1 from document where collection_id = ${collectionId} and document.root = place.value)
    order by place.key`.execute(queries);
  const prefix = toPrefix(folder);
  const until = afterPrefix(prefix);
  const inner = await sql<{ readonly root: string }>`with recursive found(root) as (
      select min(root) from document
      where collection_id = ${collectionId} and root > ${prefix} and root < ${until}
      union all
      select (
        select min(document.root) from document
        where collection_id = ${collectionId} and document.root > found.root and document.root < ${until}
      ) from found where found.root is not null
    ) select root from found where root is not null limit ${maxInnerRoots}`.execute(queries);
  return {
    outer: outer.rows.map(({ root }) => root),
    inner: inner.rows.map(({ root }) => root).sort((one, other) => one.length - other.length),
  };
}
