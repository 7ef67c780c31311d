/**
 * A suite's run: its answers are made side by side and stored as they come, so that a run that ends early, for
 * whatever reason, goes on where it stopped. Results do not depend on how many are made at the same time.
 */
import { AppError, toAppError } from "../../base/index.ts";
import type { JudgeDeps } from "../deps.ts";
import type { ModelIdentity } from "../find-model.ts";
import type { RunStore } from "../runs/run-store.ts";
import { type CaseDeps, judgeCase } from "./judge-case.ts";
import { hasPassed, type Outcome, outcomeKey } from "./outcome.ts";
import { createPartWriter } from "./part-writer.ts";
import { needsModel, type Suite, type SuiteCase } from "./suite.ts";

export const defaultConcurrency = 2;
export const maxConcurrency = 64;
/** Stored answers wait for no model, only for the judges' processes. */
const storedConcurrency = 48;
const turnMs = 10;

export type SuiteProgress = {
  readonly runId: string;
  readonly model: string;
  readonly done: number;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  /** The answer that came last. */
  readonly latest?: Pick<Outcome, "case" | "repetition" | "verdict" | "message">;
};

export type WorkOptions = {
  readonly signal: AbortSignal;
  /** Whose share of the engine the calls of models count against; absent: that of all judges. */
  readonly tenant?: string;
  /** `local`: neither questions nor answers leave this machine. */
  readonly privacy?: "local";
  /** Answers that are made at the same time. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: SuiteProgress) => void;
  /** Waited for as soon as the run is stored. */
  readonly onBegun?: (runId: string) => Promise<void>;
};

/** A run and what is still to be done of it. */
export type SuitePlan = {
  readonly runId: string;
  readonly suite: Suite;
  readonly seed: number;
  readonly model?: ModelIdentity;
  readonly judgeModel?: string;
  /** What an earlier process did of it. */
  readonly done: readonly Outcome[];
  readonly parts: number;
};

export type RunDeps = CaseDeps & Pick<JudgeDeps, "engine"> & { readonly runs: RunStore };

/** Makes and judges the answers that are missing. Gives all outcomes, in the order of the suite. */
export async function runSuite(
  deps: RunDeps,
  plan: SuitePlan,
  options: WorkOptions,
): Promise<readonly Outcome[]> {
  const outcomes = new Map(plan.done.map((outcome) => [outcomeKey(outcome), outcome]));
  const works = listWorks(plan.suite);
  const missing = works.filter((work) => !outcomes.has(outcomeKey(toPlace(work))));
  const { runs, clock } = deps;
  const writer = createPartWriter({ runs, clock, runId: plan.runId, written: plan.parts });
  const tell = createTeller(plan, works.length, options);
  try {
    tell();
    // Loading may take longer than an answer may.
    if (plan.model && missing.some(({ entry }) => entry.response === undefined)) {
      await deps.engine.load(plan.model.id, {}, options.signal);
    }
    await workThrough(
      missing,
      chooseConcurrency(plan.suite, options),
      options.signal,
      async (work, signal) => {
        const outcome = await judgeCase(deps, work.entry, {
          ...plan,
          ...work,
          seed: plan.seed + work.repetition,
          signal,
        });
        outcomes.set(outcomeKey(outcome), outcome);
        writer.add(outcome);
        tell(outcome);
      },
    );
  } finally {
    await writer.close();
  }
  return works.flatMap((work) => outcomes.get(outcomeKey(toPlace(work))) ?? []);
}

/** How a run that ended early is stored. */
export function toRunEnd(error: unknown, signal: AbortSignal) {
  const { code, message } = toAppError(error);
  if (!signal.aborted) return { status: "failed" as const, error: { code, message } };
  return { status: "cancelled" as const, error: { code: "cancelled", message: "it was stopped" } };
}

type Work = { readonly entry: SuiteCase; readonly repetition: number };

function listWorks({ cases }: Suite): readonly Work[] {
  return cases.flatMap((entry) =>
    Array.from({ length: entry.repetitions }, (_, repetition) => ({ entry, repetition })),
  );
}

function toPlace({ entry, repetition }: Work) {
  return { case: entry.name, repetition };
}

/** Throws AppError invalid_request. */
export function chooseConcurrency(suite: Suite, { concurrency = defaultConcurrency }: WorkOptions): number {
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= maxConcurrency)) {
    throw new AppError("invalid_request", `concurrency: expected 1 to ${maxConcurrency}, got ${concurrency}`);
  }
  return needsModel(suite) ? concurrency : Math.max(concurrency, storedConcurrency);
}

/** Works on so many at a time, in order. The first failure ends the others, and is thrown once they have ended. */
async function workThrough<T>(
  items: readonly T[],
  concurrency: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const broken = new AbortController();
  const either = AbortSignal.any([signal, broken.signal]);
  const rest = items.values();
  const turn = createTurn();
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    try {
      for (const item of rest) {
        either.throwIfAborted();
        await work(item, either);
        await turn();
      }
    } catch (error) {
      failure ??= { error };
      broken.abort(error);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (!failure) return;
  signal.throwIfAborted();
  throw failure.error;
}

/** Work that waits for nothing, as judging stored answers can be, gives others their turn now and then. */
function createTurn(): () => Promise<void> {
  let endsMs = performance.now() + turnMs;
  return async () => {
    if (performance.now() < endsMs) return;
    await Bun.sleep(0);
    endsMs = performance.now() + turnMs;
  };
}

function createTeller({ runId, model, done }: SuitePlan, total: number, { onProgress }: WorkOptions) {
  const counts = { done: 0, passed: 0, failed: 0 };
  const add = (outcome: Outcome) => {
    counts.done += 1;
    if (hasPassed(outcome)) counts.passed += 1;
    else if (outcome.verdict === "fail") counts.failed += 1;
  };
  done.forEach(add);
  return (outcome?: Outcome) => {
    if (outcome) add(outcome);
    const latest = outcome && {
      ...{ case: outcome.case, repetition: outcome.repetition },
      ...{ verdict: outcome.verdict, message: outcome.message },
    };
    onProgress?.({ runId, model: model?.id ?? "", total, ...counts, ...(latest && { latest }) });
  };
}
