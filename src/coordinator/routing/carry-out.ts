import { AppError, type ErrorCode, toAppError } from "../../base/index.ts";
import type { GenerateRequest, RouteAttempt } from "../../contract/index.ts";
import { type AttemptDeps, attempt } from "./attempt.ts";
import { canGoOn, createSent, goOnFrom, type Sent } from "./continuation.ts";
import type { Plan, Step } from "./plan.ts";
import { createRouteTeller, type RouteTeller, unpaid } from "./route-teller.ts";
import type { RoutedEvent } from "./router.ts";
import type { Target } from "./target.ts";
import { weigh } from "./weigh.ts";

type Way = {
  readonly deps: AttemptDeps;
  readonly request: GenerateRequest;
  readonly signal: AbortSignal;
  readonly teller: RouteTeller;
  readonly sent: Sent;
};

/** How one model's turn ended. */
type Turn =
  | { readonly outcome: "answered" }
  | { readonly outcome: "escalated"; readonly reason: string }
  | { readonly outcome: "failed"; readonly failure: AppError; readonly tries: number };

type Turning = AsyncGenerator<RoutedEvent, Turn, undefined>;

/**
 * Asks the models of a plan until one answers to the end. `routed` comes first and again where it has changed. Once a
 * part of the answer is passed on, another model goes on from there or the stream ends with the error: no text comes
 * twice.
 */
export async function* carryOut(
  deps: AttemptDeps,
  plan: Plan,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<RoutedEvent, void, undefined> {
  const teller = createRouteTeller(plan);
  const way: Way = { deps, request, signal, teller, sent: createSent() };
  let failure: AppError | undefined;
  let failed: Target | undefined;
  for (const { target, gate } of plan.steps) {
    const isResuming = !way.sent.isEmpty;
    if (isResuming && !canGoOn(request, way.sent, target)) {
      teller.ended(target, { outcome: "skipped", reason: "it cannot go on with an answer that has begun" });
      continue;
    }
    if (failed && failure) deps.observer.fellBack(failed.name, target.name, failure.code);
    const startedMs = deps.nowMs();
    const turn = yield* takeTurn(way, { target, ...(gate && { gate }) });
    if (turn.outcome === "answered") return;
    teller.ended(target, toAttempt(turn, deps.nowMs() - startedMs));
    if (turn.outcome === "escalated") continue;
    failed = target;
    const isFirst = failure === undefined;
    if (isFirst || (!isResuming && mayFallBack(turn.failure))) failure = turn.failure;
    if (isFirst && !mayFallBack(turn.failure) && (plan.isNamed || !mayOtherTake(turn.failure))) break;
  }
  yield teller.failed();
  throw failure ?? new AppError("server_error", "no model was left to answer the request");
}

function toAttempt(
  turn: Exclude<Turn, { outcome: "answered" }>,
  durationMs: number,
): Omit<RouteAttempt, "model"> {
  if (turn.outcome === "escalated") return { ...turn, durationMs };
  const { code } = turn.failure;
  if (code === unpaid) return { outcome: "skipped", reason: code };
  const reason = turn.tries > 1 ? `${code}, ${turn.tries} tries` : code;
  return { outcome: "failed", reason, durationMs };
}

/** Another model may answer where neither the request itself is at fault nor its length. */
function mayFallBack({ code, row }: AppError): boolean {
  return row.fallback !== undefined && code !== "context_limit_exceeded";
}

/** What one model refuses that another may take. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  ...(["invalid_request", "context_limit_exceeded", "model_not_found"] as const),
]);

function mayOtherTake({ code }: AppError): boolean {
  return refusals.has(code);
}

async function* takeTurn(way: Way, { target, gate }: Step): Turning {
  let tries = 1;
  try {
    if (gate) return yield* answerGated(way, target, gate.bar);
    yield way.teller.answering(target);
    const { deps, request, signal, sent } = way;
    const asked = sent.isEmpty ? request : goOnFrom(request, sent);
    let form = "";
    const onRetry = ({ isWhole }: { readonly isWhole: boolean }) => {
      tries += 1;
      if (isWhole) form = " in one piece, as its stream broke";
    };
    let isTold = false;
    for await (const event of attempt(deps, target, asked, { signal, onRetry })) {
      if (tries > 1 && !isTold) yield way.teller.answering(target, `at try ${tries}${form}`);
      isTold = true;
      if (sent.note(event)) yield event;
    }
    return { outcome: "answered" };
  } catch (error) {
    if (way.signal.aborted) throw error;
    return { outcome: "failed", failure: toAppError(error), tries };
  }
}

/** The local answer where the model is sure enough of it. */
async function* answerGated(
  { deps, request, signal, teller, sent }: Way,
  target: Target,
  bar: number,
): Turning {
  yield teller.answering(target);
  const { confidence, events, leave } = await weigh(deps.engine, { ...request, model: target.name }, signal);
  if (confidence !== undefined) teller.weighed(confidence, bar);
  if (confidence !== undefined && confidence < bar) {
    await leave();
    return {
      outcome: "escalated",
      reason: `a confidence of ${show(confidence)} is below the bar of ${show(bar)}`,
    };
  }
  yield teller.answering(target);
  for await (const event of events()) if (sent.note(event)) yield event;
  return { outcome: "answered" };
}

function show(share: number): string {
  return String(Number(share.toFixed(4)));
}
