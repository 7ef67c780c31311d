import { AppError } from "../../../base/index.ts";
import { createEmbedder } from "../../../judges/index.ts";
import type { CoordinatorDeps } from "../../deps.ts";
import { type ShareInterval, shareInterval } from "../binomial-bound.ts";
import { likenessOf } from "../embed-texts.ts";
import type { Guard } from "../guard.ts";
import { defaultThreshold, grid, reaches } from "../threshold.ts";
import { type QuestionPair, readPairs } from "./read-pairs.ts";

/** Pairs that the guard looks at side by side. */
const maxAsked = 4;

/** What a cache would do of the pairs at a threshold. */
export type Served = {
  /** Of the pairs of the same meaning: hits. */
  readonly hits: number;
  /** Of the others: false hits. */
  readonly falseHits: number;
  /** Of what is served, the wrong share, with the interval of Clopper and Pearson at 95 %. */
  readonly falseHitShare: ShareInterval & { readonly value?: number };
};

export type EvaluationRow = {
  readonly threshold: number;
  readonly plain: Served;
  readonly guarded: Served;
};

/** Of one set of pairs. */
export type PairsMeasured = {
  readonly same: number;
  readonly near: number;
  readonly rows: readonly EvaluationRow[];
  /** What the guard lets pass of each kind, whatever the similarity. */
  readonly passed: { readonly same: number; readonly near: number };
};

export type CacheEvaluation = PairsMeasured & {
  /** The model, or `words`. */
  readonly embedding: string;
  /** Pairs of other subjects than those that the guard's rules were made with. */
  readonly heldOut: PairsMeasured;
  /** Lowest threshold from the default on at which of all pairs something is served, and no more wrong than the bound. */
  readonly start?: number;
  readonly maxWrongShare: number;
};

export type EvaluationOptions = {
  /** Absent: by shared words. */
  readonly embeddingModel?: string;
  readonly maxWrongShare: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
};

type Measured = {
  readonly kind: QuestionPair["kind"];
  readonly similarity: number;
  readonly passes: boolean;
};

/** Holds the bundled pairs against an embedding model and the guard. Throws what the model throws. */
export async function evaluateCache(
  { engine, guard }: Pick<CoordinatorDeps, "engine"> & { readonly guard: Guard },
  { embeddingModel, maxWrongShare, signal, onProgress }: EvaluationOptions,
): Promise<CacheEvaluation> {
  const tuned = await readPairs();
  const pairs = [...tuned, ...(await readPairs("held-out"))];
  const embedder = createEmbedder({ engine, ...(embeddingModel !== undefined && { embeddingModel }) });
  const vectors = await embedder.embed(
    pairs.flatMap(({ questions }) => questions),
    signal,
  );
  const measured: Measured[] = [];
  for (let start = 0; start < pairs.length; start += maxAsked) {
    signal.throwIfAborted();
    const batch = pairs.slice(start, start + maxAsked).map(async ({ kind, questions }, place) => {
      const at = 2 * (start + place);
      const similarity = similarityOf(vectors, at);
      const [cachedQuery, query] = questions;
      const ruling = await guard.serve({ query, cachedQuery, similarity, ageSeconds: 0 }, { signal });
      if (!ruling.ok && ruling.isFailure) throw new AppError("plugin_failed", ruling.reason);
      return { kind, similarity, passes: ruling.ok };
    });
    measured.push(...(await Promise.all(batch)));
    onProgress?.(measured.length, pairs.length);
  }
  const bundled = summarise(measured.slice(0, tuned.length));
  const heldOut = summarise(measured.slice(tuned.length));
  const start = findStart(summarise(measured).rows, maxWrongShare);
  return {
    ...{ embedding: embedder.name, ...bundled, heldOut, maxWrongShare },
    ...(start !== undefined && { start }),
  };
}

function similarityOf(vectors: readonly Float32Array[], at: number): number {
  const [first, second] = [vectors[at], vectors[at + 1]];
  return first && second ? likenessOf(first, second) : -1;
}

function summarise(measured: readonly Measured[]): PairsMeasured {
  const count = (kind: QuestionPair["kind"], test: (pair: Measured) => boolean) =>
    measured.filter((pair) => pair.kind === kind && test(pair)).length;
  const serve = (test: (pair: Measured) => boolean): Served => {
    const [hits, falseHits] = [count("same", test), count("near", test)];
    const total = hits + falseHits;
    const interval = shareInterval(falseHits, total);
    return {
      hits,
      falseHits,
      falseHitShare: { ...interval, ...(total > 0 && { value: falseHits / total }) },
    };
  };
  const rows = grid().map((threshold): EvaluationRow => {
    const isAlike = ({ similarity }: Measured) => reaches(similarity, threshold);
    return {
      threshold,
      plain: serve(isAlike),
      guarded: serve((pair) => pair.passes && isAlike(pair)),
    };
  });
  const passed = { same: count("same", ({ passes }) => passes), near: count("near", ({ passes }) => passes) };
  return { same: count("same", () => true), near: count("near", () => true), rows, passed };
}

function findStart(rows: readonly EvaluationRow[], maxWrongShare: number): number | undefined {
  return rows.findLast(
    ({ threshold, guarded: { hits, falseHitShare } }) =>
      threshold >= defaultThreshold && hits > 0 && (falseHitShare.value ?? 0) <= maxWrongShare,
  )?.threshold;
}
