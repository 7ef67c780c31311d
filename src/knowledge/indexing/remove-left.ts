import type { KnownFiles } from "./known-files.ts";
import type { IndexRun } from "./run.ts";
import type { PathFilter } from "./sources/path-filter.ts";
import type { FolderReader } from "./sources/read-file.ts";

/** Files that are looked at and removed at once. */
const removeBatch = 200;

type Leaving = IndexRun & {
  readonly filter: PathFilter;
  readonly root: string;
  readonly reader: Pick<FolderReader, "isGone">;
  readonly known: KnownFiles;
  /** Files that were read and hold no text. */
  readonly unread: ReadonlySet<string>;
};

/**
 * Removes what was stored of the root and was not met. What other roots brought is removed where its file is gone or
 * holds no text: else it may be that only this run ignores it, or finds it too large.
 */
export async function removeLeft(run: Leaving): Promise<void> {
  let batch: string[] = [];
  for (const source of [...run.known.sources()]) {
    if (!run.filter.isWanted(source)) continue;
    batch.push(source);
    if (batch.length < removeBatch) continue;
    await removeFiles(run, batch);
    batch = [];
  }
  await removeFiles(run, batch);
}

async function removeFiles(run: Leaving, sources: readonly string[]): Promise<void> {
  const { knowledge, collection, known, root, reader, unread, tally, signal } = run;
  const removals: Removal[] = [];
  for (const source of sources) {
    const [own, others] = [known.own(source), known.others(source)];
    const isLost = others.length === 0 || unread.has(source) || (await reader.isGone(source));
    const leaving = [...(own ? [own] : []), ...(isLost ? others : [])];
    // A file of which several documents go is removed once, and one that stays in another root is not.
    removals.push(...leaving.map((document, index) => ({ ...document, isCounted: isLost && index === 0 })));
  }
  signal.throwIfAborted();
  for (const group of Map.groupBy(removals, ({ root, isCounted }) => `${isCounted} ${root}`).values()) {
    const [first] = group;
    const names = group.map(({ source }) => source);
    const removed = await knowledge.documents.removeSources(collection, names, first?.root ?? root);
    if (first?.isCounted) tally.counts.removed += removed;
  }
}

type Removal = { readonly root: string; readonly source: string; readonly isCounted: boolean };
