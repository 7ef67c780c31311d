import { type ShareInterval, shareInterval } from "./binomial-bound.ts";
import { type EntryTotals, readTotals } from "./entry-store.ts";
import { listSpaces, readCounts, readLabels } from "./match-store.ts";
import { type CacheParts, exactSpace } from "./parts.ts";
import { countAbove, type Threshold } from "./threshold.ts";

/** Share of what was checked that was wrong; the interval of Clopper and Pearson at 95 %. */
export type WrongShare = ShareInterval & { readonly wrong: number; readonly checked: number };

export type SpaceStats = {
  readonly tenant: string;
  /** The model whose vectors compare questions, or `exact`. */
  readonly space: string;
  readonly threshold?: Threshold;
  /** Of answers at or above the threshold. */
  readonly wrong: WrongShare;
};

export type CacheStats = EntryTotals & {
  readonly maxBytes: number;
  /** How often what happened, since the database was made; not told of one tenant alone. */
  readonly counts: Readonly<Record<string, number>>;
  readonly maxWrongShare: number;
  readonly spaces: readonly SpaceStats[];
};

export async function readStats(parts: CacheParts, tenant?: string): Promise<CacheStats> {
  const { database, journal, rules, thresholds, deps } = parts;
  await journal.settle();
  const opened = await database();
  const spaces = await Promise.all(
    (await listSpaces(opened, tenant)).map(async (scope): Promise<SpaceStats> => {
      if (scope.space === exactSpace) {
        const labels = await readLabels(opened, scope);
        return { ...scope, wrong: toWrongShare(countAbove(labels, 1)) };
      }
      const { evidence, ...threshold } = await thresholds.read(scope);
      return { ...scope, threshold, wrong: toWrongShare(countAbove(evidence, threshold.value)) };
    }),
  );
  return {
    ...(await readTotals(opened, tenant)),
    maxBytes: rules.maxBytes,
    counts: tenant === undefined ? Object.fromEntries(await readCounts(opened)) : {},
    maxWrongShare: deps.settings.cacheFalseHits,
    spaces,
  };
}

function toWrongShare({ wrong, total }: { readonly wrong: number; readonly total: number }): WrongShare {
  return { wrong, checked: total, ...shareInterval(wrong, total) };
}
