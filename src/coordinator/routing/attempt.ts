import { AppError, toAppError } from "../../base/index.ts";
import type { GenerateEvent, GenerateRequest, Usage } from "../../contract/index.ts";
import {
  type Clock,
  createDeadline,
  deadlinePresets,
  retryPresets,
  withRetry,
} from "../../resilience/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { isOpening } from "./continuation.ts";
import type { Spending } from "./spending.ts";
import type { RemoteTarget, Target } from "./target.ts";

export type AttemptDeps = Pick<CoordinatorDeps, "engine" | "observer" | "nowMs" | "random"> & {
  readonly clock: Clock;
  readonly spending: Spending;
};

export type AttemptOptions = {
  readonly signal: AbortSignal;
  /** Told before what failed is tried again; `isWhole`: from then on without a stream, as its own broke at the start. */
  readonly onRetry: (again: { readonly isWhole: boolean }) => void;
};

type Begun = { readonly opening: readonly GenerateEvent[]; readonly rest: AsyncIterator<GenerateEvent> };

/** The answer of one model. Nothing comes of it before the first piece, so that one that fails leaves no trace. */
export function attempt(
  deps: AttemptDeps,
  target: Target,
  request: GenerateRequest,
  options: AttemptOptions,
): AsyncGenerator<GenerateEvent, void, undefined> {
  const asked = { ...request, model: target.name };
  if (target.kind === "local") return askLocal(deps, asked, options.signal);
  return askRemote(deps, target, asked, options);
}

async function* askLocal(
  { engine }: AttemptDeps,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent, void, undefined> {
  yield* goOn(await begin(engine.generate(request, signal)));
}

/** Pays for it, and tries again what may pass. Throws AppError cost_limit_exceeded before anything is sent. */
async function* askRemote(
  deps: AttemptDeps,
  target: RemoteTarget,
  request: GenerateRequest,
  { signal, onRetry }: AttemptOptions,
): AsyncGenerator<GenerateEvent, void, undefined> {
  const expense = await deps.spending.begin(target, request, signal);
  let usage: Usage | undefined;
  let text = "";
  let report = createReport(deps, target);
  let isWhole = false;
  const retry = (failure: AppError) => {
    report(failure.code);
    report = createReport(deps, target);
    if (failure.details.stream === true && !isWhole) {
      isWhole = true;
      deps.observer.fellBack("stream", "batch", failure.code);
    }
    onRetry({ isWhole });
  };
  const ask = () => (isWhole ? { ...request, isWhole } : request);
  try {
    for await (const event of goOn(await beginRemote(deps, target, ask, { signal, onRetry: retry }))) {
      if (event.type === "done") usage = event.usage;
      else if (event.type === "text" || event.type === "reasoning") text += event.text;
      else if (event.type === "tool-call") text += event.argumentsDelta;
      yield event;
    }
    if (!usage) throw new AppError("streaming_error", `the answer of ${target.name} broke off`);
    report("ok");
  } catch (error) {
    report(signal.aborted ? "cancelled" : toAppError(error).code);
    throw error;
  } finally {
    report("cancelled");
    expense.settle({ ...(usage && { usage }), text });
  }
}

/** Of several outcomes the first counts. */
function createReport({ observer, nowMs }: AttemptDeps, { upstream }: RemoteTarget) {
  const startedMs = nowMs();
  let isTold = false;
  return (outcome: string) => {
    if (isTold) return;
    isTold = true;
    observer.upstreamEnded({ upstream: upstream.config.name, outcome, durationMs: nowMs() - startedMs });
  };
}

/** Until the first piece there is a deadline for all tries together; an answer that has begun takes as long as it takes. */
async function beginRemote(
  { engine, clock, random }: AttemptDeps,
  { name, upstream }: RemoteTarget,
  ask: () => GenerateRequest,
  { signal, onRetry }: { readonly signal: AbortSignal; readonly onRetry: (failure: AppError) => void },
): Promise<Begun> {
  const triesMs = retryPresets.default.attempts * (upstream.config.timeoutMs ?? 0);
  const totalMs = Math.max(deadlinePresets.totalMs, triesMs);
  using deadline = createDeadline({ name: `asking ${name}`, totalMs, clock, signal });
  const cut = new AbortController();
  const end = () => cut.abort(deadline.signal.reason);
  deadline.signal.addEventListener("abort", end, { once: true });
  const ending = AbortSignal.any([signal, cut.signal]);
  try {
    return await withRetry(() => begin(engine.generate(ask(), ending)), {
      ...{ preset: retryPresets.default, clock, random, signal, deadline, onRetry },
    });
  } finally {
    deadline.signal.removeEventListener("abort", end);
  }
}

async function begin(events: AsyncIterable<GenerateEvent>): Promise<Begun> {
  const rest = events[Symbol.asyncIterator]();
  const opening: GenerateEvent[] = [];
  for (;;) {
    const { value, done } = await rest.next();
    if (done) return { opening, rest };
    opening.push(value);
    if (!isOpening(value)) return { opening, rest };
  }
}

async function* goOn({ opening, rest }: Begun): AsyncGenerator<GenerateEvent, void, undefined> {
  try {
    yield* opening;
    for (;;) {
      const { value, done } = await rest.next();
      if (done) return;
      yield value;
    }
  } finally {
    await rest.return?.();
  }
}
