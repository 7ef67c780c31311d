/** How sure a model is of what it writes, token by token, and how well it foretells a text. */
import { AppError, toAppError } from "../../base/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { findModel, type ModelIdentity } from "../find-model.ts";
import { forCaller } from "../for-caller.ts";
import type { Analysis, AnalysisRequest } from "./analysis.ts";
import { answerObserved } from "./answer.ts";
import { type Calibration, type CalibrationRequest, calibrate } from "./calibrate.ts";
import { checkPrompt, isUsualWindow } from "./config.ts";
import { createObserver, type Observer, type ObserverOptions } from "./observe.ts";
import { cacheKey, createResultCache, type ResultCache } from "./result-cache.ts";
import { scoreText, type TextRequest, type TextScore, type WindowScore } from "./score-text.ts";
import {
  type CalibratedThresholds,
  chooseThresholds,
  createThresholdStore,
  type ThresholdStore,
} from "./thresholds.ts";

const analysisTimeoutMs = 30_000;
/** Of all items of a batch together, in equal parts. */
const batchTimeoutMs = 60_000;
const maxBatchItems = 100;

export type BatchItem =
  | { readonly ok: true; readonly analysis: Analysis }
  | { readonly ok: false; readonly error: AppError };

export type Trajectory = {
  /** Throws AppError: invalid_request for the prompt, generation_timeout, and what finding and loading models throws. */
  analyze(request: AnalysisRequest, signal: AbortSignal): Promise<Analysis>;
  /** One after the other; an item that fails is told of and the others follow. */
  analyzeBatch(
    requests: readonly AnalysisRequest[],
    signal: AbortSignal,
    options?: { readonly timeoutMs?: number },
  ): Promise<readonly BatchItem[]>;
  scoreText(
    request: TextRequest,
    signal: AbortSignal,
    onWindow?: (score: WindowScore) => void,
  ): Promise<TextScore>;
  calibrate(request: CalibrationRequest, signal: AbortSignal): Promise<Calibration>;
  thresholdsFor(modelDigest: string): Promise<CalibratedThresholds | undefined>;
  createObserver(options: ObserverOptions): Observer;
};

type Ground = {
  readonly deps: JudgeDeps;
  readonly store: ThresholdStore;
  readonly cache: ResultCache<Analysis>;
};

export function createTrajectory(deps: JudgeDeps): Trajectory {
  const store = createThresholdStore({ database: deps.database, now: deps.clock.now });
  const ground: Ground = { deps, store, cache: createResultCache() };
  return {
    analyze: (request, signal) => analyze(ground, request, signal, analysisTimeoutMs),
    analyzeBatch: (requests, signal, { timeoutMs = batchTimeoutMs } = {}) =>
      analyzeBatch(ground, requests, signal, timeoutMs),
    scoreText: (request, signal, onWindow) =>
      scoreText(keepPrivate(deps, request), request, signal, onWindow),
    calibrate: (request, signal) => calibrate({ ...deps, store }, request, signal),
    thresholdsFor: (modelDigest) => store.find(modelDigest),
    createObserver,
  };
}

async function analyze(
  { deps: shared, store, cache }: Ground,
  request: AnalysisRequest,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Analysis> {
  const { prompt, config } = request;
  const deps = keepPrivate(shared, request);
  checkRequest(request);
  const model = await findWriter(deps, request.model);
  const calibrated = isUsualWindow(config) ? await store.find(model.digest) : undefined;
  const thresholds = chooseThresholds(config.bars, calibrated);
  const key = cacheKey({ modelDigest: model.digest, prompt, config, thresholds });
  const known = key === undefined ? undefined : cache.get(key);
  if (known) return { ...known, isCached: true };
  const { vocabularySize } = await deps.engine.load(model.id, {}, signal);
  const { topK, surpriseProbability } = config;
  const observer = createObserver({ topK, surpriseProbability, thresholds, vocabularySize });
  const answer = await answerObserved(
    deps,
    {
      ...{ ...request, model: model.id, takesChat: model.capabilities.chat },
      ...{ timeoutMs, observer },
    },
    signal,
  );
  const analysis: Analysis = {
    ...{ model: model.id, modelDigest: model.digest, prompt, config },
    ...{ text: answer.text, finishReason: answer.finishReason, tokens: answer.logprobs },
    ...{ generatedTokens: answer.usage.completionTokens, record: observer.finish() },
    ...{ atMs: deps.clock.now(), durationMs: answer.durationMs, isCached: false },
  };
  if (key !== undefined) cache.set(key, analysis, analysis.tokens.length);
  return analysis;
}

/** The same, whose models keep what the request says must stay here. */
function keepPrivate(deps: JudgeDeps, { privacy }: Pick<AnalysisRequest, "privacy">): JudgeDeps {
  return forCaller(deps, { ...(privacy && { privacy }) });
}

async function analyzeBatch(
  ground: Ground,
  requests: readonly AnalysisRequest[],
  signal: AbortSignal,
  timeoutMs: number,
): Promise<readonly BatchItem[]> {
  if (requests.length === 0 || requests.length > maxBatchItems) {
    throw new AppError(
      "invalid_request",
      `items: expected from 1 to ${maxBatchItems}, got ${requests.length}`,
      { details: { param: "items" } },
    );
  }
  const items: BatchItem[] = [];
  for (const request of requests) {
    try {
      const analysis = await analyze(ground, request, signal, timeoutMs / requests.length);
      items.push({ ok: true, analysis });
    } catch (error) {
      signal.throwIfAborted();
      items.push({ ok: false, error: toAppError(error) });
    }
  }
  return items;
}

function checkRequest({ prompt }: AnalysisRequest): void {
  if (typeof prompt === "string") checkPrompt(prompt);
  else checkPrompt(prompt.map(({ content }) => content).join("\n"), "messages");
}

async function findWriter(deps: JudgeDeps, name: string | undefined): Promise<ModelIdentity> {
  const model = await findModel(deps, name);
  if (model.capabilities.generate) return model;
  throw new AppError(
    "invalid_request",
    `model: ${model.id} makes embeddings and no text; name a model that writes`,
    { details: { param: "model" } },
  );
}
