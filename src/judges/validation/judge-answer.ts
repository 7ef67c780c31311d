/** One answer, looked at by all judges at once. Each judge runs once; what one of them cannot say is `unscored`. */
import type { JsonObject } from "../../contract/index.ts";
import type { JudgeDeps } from "../deps.ts";
import type { JudgeCaller } from "../for-caller.ts";
import type { Embedder } from "../similarity/embedder.ts";
import { callJudge } from "./call-judge.ts";
import { conclude } from "./conclude.ts";
import type { Criteria } from "./criteria.ts";
import { checkFactualAccuracy } from "./factual-accuracy.ts";
import type { Finding } from "./finding.ts";
import { measureHeuristicQuality } from "./heuristic-quality.ts";
import type { JudgedText, Judgement } from "./judgement.ts";
import {
  type Measured,
  measurePromptSimilarity,
  measureSentenceSimilarities,
  type PromptSimilarity,
} from "./measure-similarity.ts";
import { coherenceJudge, groundingJudge, type JudgePlan, planJudges, relevanceJudge } from "./plan-judges.ts";
import { rateByRubric, readClarity, rubricWithoutModel, toRubricFinding } from "./rate-by-rubric.ts";
import type { Rating } from "./rubric/rate-answer.ts";

export type ValidationDeps = Omit<JudgeDeps, "database"> & {
  readonly embedder: Embedder;
};

export type JudgeOptions = JudgeCaller & {
  readonly signal: AbortSignal;
  /** Goes before the one that the criteria name; absent in both: no model is asked. */
  readonly judgeModel?: string;
  /** The model that wrote the answer. */
  readonly answeredBy?: string;
  /** Calls of plugins and models above this one. */
  readonly depth?: number;
  /** How often the answer was asked for anew. */
  readonly retryCount?: number;
};

type Task = {
  readonly answer: JudgedText;
  readonly criteria: Criteria;
  readonly options: JudgeOptions;
  readonly judgeModel: string | undefined;
  /** What several judges wait for; asked once. */
  readonly rating: Promise<Rating> | undefined;
  readonly similarity: Promise<Measured<PromptSimilarity>> | undefined;
};

/** Throws what aborts the signal; whatever else goes wrong is told in the judgement. */
export async function judgeAnswer(
  deps: ValidationDeps,
  answer: JudgedText,
  criteria: Criteria,
  options: JudgeOptions,
): Promise<Judgement> {
  const startedMs = deps.clock.nowMs();
  const plans = planJudges(criteria, answer);
  const task = startTask(deps, answer, criteria, options, plans);
  const calls = new Map(plans.map((plan) => [plan.plugin, callPlanned(deps, plan, task)]));
  const factual = criteria.requireFactualAccuracy
    ? checkFactualAccuracy(deps, toFactualQuestion(deps, task, calls.get(groundingJudge)), options.signal)
    : undefined;
  const findings = await Promise.all([
    ...calls.values(),
    ...(task.rating ? [task.rating.then((rating) => toRubricFinding(rating, criteria))] : []),
    ...(criteria.rubric.isAsked && !task.rating ? [rubricWithoutModel] : []),
    ...(factual ? [factual] : []),
    measureQuality(task),
  ]);
  return conclude(findings, {
    durationMs: deps.clock.nowMs() - startedMs,
    retryCount: options.retryCount ?? 0,
    responseLength: countCharacters(answer.response),
  });
}

function startTask(
  deps: ValidationDeps,
  answer: JudgedText,
  criteria: Criteria,
  options: JudgeOptions,
  plans: readonly JudgePlan[],
): Task {
  const { signal } = options;
  const judgeModel = options.judgeModel ?? criteria.judgeModel;
  const isBlank = answer.response.trim() === "";
  const isQualityTold = judgeModel === undefined && criteria.requiredKeywords.length > 0;
  const isCompared = isQualityTold || plans.some(({ plugin }) => plugin === relevanceJudge);
  const canCompare = deps.embeddingModel !== undefined && !isBlank;
  return {
    ...{ answer, criteria, options, judgeModel },
    rating:
      judgeModel === undefined
        ? undefined
        : rateByRubric(deps, { answer, criteria, judgeModel, ...callerOf(options) }, signal),
    similarity: canCompare && isCompared ? measurePromptSimilarity(deps.embedder, answer, signal) : undefined,
  };
}

async function callPlanned(deps: ValidationDeps, plan: JudgePlan, task: Task): Promise<Finding> {
  const measured = await measureFor(deps, plan, task);
  const { signal, depth } = task.options;
  return await callJudge(deps.plugins, {
    ...{ answer: task.answer, plan, signal },
    ...(depth !== undefined && { depth }),
    ...(measured?.ok === true && { measured: measured.value }),
    ...(measured?.ok === false && { reason: measured.reason }),
  });
}

/** The criteria of a built-in judge that only models can give. */
async function measureFor(
  deps: ValidationDeps,
  { plugin }: JudgePlan,
  { answer, rating, similarity, options }: Task,
): Promise<Measured<JsonObject> | undefined> {
  if (plugin === relevanceJudge) {
    // A right answer need not repeat a word of its prompt.
    if (deps.embeddingModel === undefined)
      return { ok: false, reason: "there is no embedding model to score it by" };
    return await similarity;
  }
  if (plugin !== coherenceJudge || answer.response.trim() === "") return undefined;
  const clarity = readClarity(await rating);
  if (clarity !== undefined) return { ok: true, value: { clarity } };
  if (deps.embeddingModel === undefined) {
    const reason = "there is neither a judge model nor an embedding model to score it by";
    return { ok: false, reason };
  }
  const measured = await measureSentenceSimilarities(deps.embedder, answer.response, options.signal);
  return measured.ok ? { ok: true, value: { sentence_similarities: measured.value } } : measured;
}

function toFactualQuestion(
  deps: ValidationDeps,
  { answer, criteria, judgeModel, options }: Task,
  grounding: Promise<Finding> | undefined,
) {
  return {
    ...{ answer, grounding, ...callerOf(options) },
    ...(criteria.compliance && { compliance: criteria.compliance }),
    ...(judgeModel !== undefined && { judgeModel }),
    ...(deps.embeddingModel !== undefined && { embedder: deps.embedder }),
  };
}

/** Where no model judges, a rough quality is told beside the verdict; it changes nothing. */
async function measureQuality({ answer, criteria, judgeModel, similarity }: Task): Promise<Finding> {
  const compared = await similarity;
  const { requiredKeywords: keywords } = criteria;
  if (judgeModel !== undefined || keywords.length === 0 || !compared?.ok) return {};
  const { response } = answer;
  const quality = measureHeuristicQuality({ response, keywords, similarity: compared.value.similarity });
  return { metrics: { heuristic_quality: quality } };
}

function callerOf({ answeredBy, depth }: JudgeOptions) {
  return { ...(answeredBy !== undefined && { answeredBy }), ...(depth !== undefined && { depth }) };
}

/** Unicode code points. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
