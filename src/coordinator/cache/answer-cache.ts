import { AppError, toAppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { type EntryRules, type Purge, purgeSome } from "./entry-store.ts";
import type { CacheEvaluation } from "./evaluation/evaluate.ts";
import { toEvaluationBody } from "./evaluation/evaluation-body.ts";
import { describeSpace } from "./facts.ts";
import { type Feedback, noteFeedback } from "./feedback.ts";
import { createGuard, type Guard } from "./guard.ts";
import { createJournal } from "./journal.ts";
import { createLearntThresholds } from "./learnt-thresholds.ts";
import { type CacheLookup, lookUp } from "./look-up.ts";
import { saveStart } from "./match-store.ts";
import { createMeaningIndex } from "./meaning-index.ts";
import type { CacheParts } from "./parts.ts";
import { createSideWork } from "./side-work.ts";
import { type CacheStats, readStats } from "./stats.ts";

export type { CacheLookup } from "./look-up.ts";

const maxStoring = 2;
const maxStoringWaiting = 128;
const maxAgainWaiting = 8;
/** Of a model by which no similarity is enough. */
const neverAlike = 2;

/** Answers that were given before. */
export type AnswerCache = {
  /** Never rejects for a fault of the cache itself: that is a miss with its reason. */
  lookUp(request: GenerateRequest, signal: AbortSignal): Promise<CacheLookup>;
  /** Of one tenant, or of all. */
  stats(tenant?: string): Promise<CacheStats>;
  /** How many entries were removed; no field means all. A model may be named as requests name it. */
  purge(what: Purge): Promise<number>;
  /** Throws AppError not_found for what this tenant was not served from the cache. */
  feedback(said: Feedback): Promise<void>;
  /**
   * Measures an embedding model and the guard by the bundled pairs. Throws what the model throws, and AppError
   * invalid_request where a similarity is to be kept and no model compares questions.
   */
  evaluate(asked: EvaluationRequest): Promise<CacheEvaluation>;
  /** Waits for what was begun beside requests. */
  settle(): Promise<void>;
  /** Ends what goes on beside requests, and writes what is known. */
  close(): Promise<void>;
};

export type EvaluationRequest = {
  /** Absent: the configured one, or where there is none the words that questions share. */
  readonly embeddingModel?: string;
  /** Whether questions compared by this model need be as alike from now on as was found. */
  readonly keepsThreshold?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
};

export function createAnswerCache(deps: CoordinatorDeps): AnswerCache {
  const parts = createParts(deps);
  const { database, index, journal, guard, work, again } = parts;
  let isGuardAsked = false;
  return {
    lookUp(request, signal) {
      if (!isGuardAsked && request.caching !== "exact") {
        isGuardAsked = true;
        work.add((ended) => startGuard(guard, ended));
      }
      return lookUp(parts, request, signal);
    },
    stats: (tenant) => readStats(parts, tenant),
    async purge(asked) {
      const model = asked.model === undefined ? undefined : await deps.library.find(asked.model);
      const what = model ? { ...asked, model: model.name } : asked;
      parts.purges.count += 1;
      await journal.settle();
      const { kysely } = await database();
      for (let count = 0; ; ) {
        const removed = await purgeSome(kysely, what);
        for (const { fingerprint, id } of removed) index.remove(fingerprint, id);
        count += removed.length;
        if (removed.length === 0) return count;
        await Bun.sleep(0);
      }
    },
    feedback: (said) => noteFeedback(parts, said),
    evaluate: (asked) => evaluate(parts, asked),
    settle,
    async close() {
      await Promise.all([work.end(), again.end()]);
      await journal.settle();
    },
  };

  async function settle(): Promise<void> {
    await work.settle();
    await journal.settle();
    await again.settle();
  }
}

/** Its process is up by the time that it is needed: before there is a first answer to a similar question. */
async function startGuard(guard: Guard, signal: AbortSignal): Promise<void> {
  await guard.serve({ query: "Why?", cachedQuery: "Why?", similarity: 1, ageSeconds: 0 }, { signal });
}

function createParts(deps: CoordinatorDeps): CacheParts {
  const { settings, logger, now, nowMs } = deps;
  const rules: EntryRules = { ttlMs: settings.cacheTtlMs, maxBytes: settings.cacheMaxBytes, now };
  const database = () => deps.database();
  const index = createMeaningIndex(database);
  const thresholds = createLearntThresholds({ database, nowMs, maxWrongShare: settings.cacheFalseHits });
  const onFailure = (error: unknown) =>
    logger.warn("cache_side_work_failed", { error: toAppError(error).message });
  return {
    ...{ deps, database, rules, index, thresholds, guard: createGuard(deps) },
    journal: createJournal({ database, rules, index, thresholds, logger }),
    work: createSideWork({ maxRunning: maxStoring, maxWaiting: maxStoringWaiting, onFailure }),
    again: createSideWork({ maxRunning: 1, maxWaiting: maxAgainWaiting, onFailure }),
    purges: { count: 0 },
  };
}

async function evaluate(
  { deps, guard, database, rules }: CacheParts,
  { keepsThreshold = false, ...asked }: EvaluationRequest,
): Promise<CacheEvaluation> {
  const { evaluateCache } = await import("./evaluation/evaluate.ts");
  const { cacheFalseHits: maxWrongShare } = deps.settings;
  const embeddingModel = asked.embeddingModel ?? deps.settings.embeddingModel;
  if (keepsThreshold && embeddingModel === undefined)
    throw new AppError(
      "invalid_request",
      "there is no similarity to keep without an embedding model; name one",
    );
  const evaluation = await evaluateCache(
    { engine: deps.engine, guard },
    { ...asked, maxWrongShare, ...(embeddingModel !== undefined && { embeddingModel }) },
  );
  if (keepsThreshold && embeddingModel !== undefined)
    await saveStart(await database(), {
      space: await describeSpace(deps, embeddingModel),
      threshold: evaluation.start ?? neverAlike,
      report: JSON.stringify(toEvaluationBody(evaluation)),
      atMs: rules.now(),
    });
  return evaluation;
}
