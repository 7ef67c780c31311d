import type { Database } from "../../store/index.ts";
import { readLabels, readStart } from "./match-store.ts";
import { chooseThreshold, defaultThreshold, type MatchLabel, type Threshold } from "./threshold.ts";

/** Another process, such as `hearth cache evaluate`, may have learnt something; this long it may go unnoticed. */
const refreshMs = 60_000;
const maxKept = 256;

export type Scope = { readonly space: string; readonly tenant: string };
export type Learnt = Threshold & { readonly evidence: readonly MatchLabel[] };

/** How alike questions must be, for each model that embeds and each tenant. */
export type LearntThresholds = {
  read(scope: Scope): Promise<Learnt>;
  /** Something was learnt of it. */
  forget(scope: Scope): void;
};

export function createLearntThresholds({
  database,
  nowMs,
  maxWrongShare,
}: {
  database(): Promise<Database>;
  readonly nowMs: () => number;
  readonly maxWrongShare: number;
}): LearntThresholds {
  const known = new Map<string, { readonly learnt: Learnt; readonly readAtMs: number }>();
  const keyOf = ({ space, tenant }: Scope) => JSON.stringify([space, tenant]);
  return {
    async read(scope) {
      const key = keyOf(scope);
      const before = known.get(key);
      const readAtMs = nowMs();
      if (before && readAtMs - before.readAtMs < refreshMs) return before.learnt;
      const opened = await database();
      const evidence = await readLabels(opened, scope);
      const start = Math.max(defaultThreshold, (await readStart(opened, scope.space)) ?? 0);
      const learnt = { ...chooseThreshold(evidence, { start, maxWrongShare }), evidence };
      known.delete(key);
      known.set(key, { learnt, readAtMs });
      const [oldest] = known.keys();
      if (known.size > maxKept && oldest !== undefined) known.delete(oldest);
      return learnt;
    },
    forget: (scope) => void known.delete(keyOf(scope)),
  };
}
