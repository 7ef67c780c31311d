import { type AppError, errorTable } from "../../base/index.ts";
import {
  type AnalysisRequest,
  type BatchItem,
  parseTrajectoryConfig,
  toAnalysisBody,
  toTextScoreBody,
} from "../../judges/index.ts";
import { readBody } from "../body.ts";
import { toClientMessage } from "../error-response.ts";
import { maxNameCharacters } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { type AppContext, callerOf } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import {
  type TrajectoryItem,
  trajectoryBatchSchema,
  trajectorySchema,
  trajectoryTextSchema,
} from "./trajectory-bodies.ts";

export async function handleAnalyze(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, trajectorySchema());
  const scope = context.get("scope");
  const request = toRequest(body, callerOf(scope), "");
  const { trajectory } = await deps.judges();
  const analysis = await trajectory.analyze(request, scope.abort.signal);
  scope.model = analysis.model;
  return context.json(toAnalysisBody(analysis));
}

export async function handleBatch(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { items, timeout_ms: timeoutMs, ...others } = await readBody(context, trajectoryBatchSchema());
  refuseOthers(others, ["items", "timeout_ms"]);
  const scope = context.get("scope");
  const caller = callerOf(scope);
  const requests = items.map((item, index) => toRequest(item, caller, `items[${index}]`));
  const { trajectory } = await deps.judges();
  const options = timeoutMs === undefined ? {} : { timeoutMs };
  const results = await trajectory.analyzeBatch(requests, scope.abort.signal, options);
  return context.json({ results: results.map(toResult) });
}

export async function handleText(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { model, text, window_tokens, ...others } = await readBody(context, trajectoryTextSchema());
  refuseOthers(others, ["model", "text", "window_tokens"]);
  const scope = context.get("scope");
  const { trajectory } = await deps.judges();
  const score = await trajectory.scoreText(
    {
      ...{ text, ...callerOf(scope), ...(model !== undefined && { model }) },
      ...(window_tokens !== undefined && { windowTokens: window_tokens }),
    },
    scope.abort.signal,
  );
  scope.model = score.model;
  return context.json(toTextScoreBody(score));
}

/** `place` is where the item stands in the body: its own fields are named after it. */
function toRequest(
  item: TrajectoryItem,
  caller: ReturnType<typeof callerOf>,
  place: string,
): AnalysisRequest {
  const { model, prompt, messages, ...config } = item;
  const given = prompt ?? messages;
  if (given === undefined || (prompt !== undefined && messages !== undefined)) {
    const field = place === "" ? "prompt" : `${place}.prompt`;
    throw invalidParameter(field, `${field}: expected either a prompt or messages.`);
  }
  return {
    ...{ prompt: given, config: parseTrajectoryConfig(config, place), ...caller },
    ...(model !== undefined && { model }),
  };
}

function toResult(item: BatchItem) {
  return item.ok ? toAnalysisBody(item.analysis) : { error: toItemError(item.error) };
}

/** As the reply to a request of its own would tell it. */
function toItemError(error: AppError) {
  const { code, details } = error;
  const { param } = details;
  const retryAfter = details.retry_after ?? errorTable[code].retryAfterSeconds;
  return {
    code,
    message: toClientMessage(error),
    ...(typeof param === "string" && { param }),
    ...(typeof retryAfter === "number" && { retry_after: retryAfter }),
  };
}

/** A misspelt field must not pass for one that was heeded. */
function refuseOthers(others: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const [field] = Object.keys(others);
  if (field === undefined) return;
  const name = field.slice(0, maxNameCharacters);
  throw invalidParameter(name, `${name}: there is no such field; there are ${known.join(", ")}.`);
}
