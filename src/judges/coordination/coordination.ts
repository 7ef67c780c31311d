import { AppError, toAppError } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { createScoreSeries } from "../drift/score-series.ts";
import { forCaller } from "../for-caller.ts";
import type { Run, RunEnd, StoredRun } from "../runs/run.ts";
import { createRunSlots } from "../runs/run-slots.ts";
import type { RunStore } from "../runs/run-store.ts";
import { createEmbedders } from "../similarity/embedder.ts";
import { createBaselineCache } from "./baseline-cache.ts";
import type { BudgetLimits } from "./budget.ts";
import { readDrift, recordObservation } from "./drift.ts";
import { measureRepeat, type RepeatRecord, type RepeatStep } from "./measure-repeat.ts";
import { createMeter } from "./meter.ts";
import { createPlan, definitionVersion, type Plan } from "./plan.ts";
import type { CoordinationResult } from "./result.ts";
import { type CoordinationSpec, parseCoordinationSpec, toSpecBody } from "./spec.ts";
import { createSpendTable } from "./spend-table.ts";
import { summarise } from "./summarise.ts";
import { fromWire, toWire } from "./wire-names.ts";

const maxNameCharacters = 100;

export type CoordinationProgress = {
  readonly runId: string;
  /** From 1. */
  readonly repeat: number;
  readonly repeats: number;
  readonly step: RepeatStep;
};

export type CoordinationOptions = {
  readonly signal: AbortSignal;
  /** Whose share of the engine the calls of models count against; absent: that of all coordinations. */
  readonly tenant?: string;
  /** `local`: neither the task nor what is made of it leaves this machine. */
  readonly privacy?: "local";
  readonly onProgress?: (progress: CoordinationProgress) => void;
};

/** A stored measurement; `result` once it is complete. */
export type CoordinationRun = {
  readonly run: Run;
  readonly spec: CoordinationSpec;
  readonly repeatsDone: number;
  readonly result?: CoordinationResult;
};

export type Coordination = {
  /**
   * Measures what a team makes of a task. Rejects with an AppError whose details name the `run`, of which nothing is
   * lost: budget_exceeded, cancelled, and what the models fail of; and with queue_full where as many are under way as
   * may be.
   */
  measure(spec: CoordinationSpec, options: CoordinationOptions): Promise<CoordinationRun>;
  /** Goes on with a run that did not complete. Throws AppError conflict where it did, or its models have changed. */
  resume(id: string, options: CoordinationOptions & ResumeChanges): Promise<CoordinationRun>;
  /** The newest first; of that tenant or of all. */
  list(tenant?: string): Promise<readonly Run[]>;
  /** Throws AppError not_found. */
  get(id: string, tenant?: string): Promise<CoordinationRun>;
};

/** What a resumed run may have otherwise; absent: as before. */
export type ResumeChanges = { readonly budget?: BudgetLimits };

export function createCoordination(deps: JudgeDeps, runs: RunStore): Coordination {
  const { database, clock } = deps;
  const { now } = clock;
  const embedderFor = createEmbedders(deps);
  const slots = createRunSlots();
  const cache = createBaselineCache({ database, now });
  const series = createScoreSeries({ database, now });

  const runsOf = (tenant: string | undefined) => (tenant === undefined ? runs : runs.of(tenant));

  async function measureRepeats(stored: StoredRun, plan: Plan, options: CoordinationOptions) {
    const { signal, tenant, privacy, onProgress } = options;
    const charged = forCaller(deps, {
      priority: "batch",
      ...(tenant !== undefined && { tenant }),
      ...(privacy && { privacy }),
    });
    const embedder = embedderFor(options);
    const spending = createSpendTable({ database, now, ...(tenant !== undefined && { tenant }) });
    const { repeats, budget, agentBudget } = plan.spec;
    const meter = createMeter({ deps: charged, spending, budget, agentBudget, prices: plan.prices });
    const records = new Map(
      stored.parts.map(({ position, result }) => [position, fromWire<RepeatRecord>(result)]),
    );
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      if (records.has(repeat)) continue;
      signal.throwIfAborted();
      const onStep = (step: RepeatStep) =>
        onProgress?.({ runId: stored.id, repeat: repeat + 1, repeats, step });
      const record = await measureRepeat({ meter, cache, embedder, now }, { plan, repeat, onStep }, signal);
      await runs.addPart(stored.id, { key: `repeat-${repeat}`, position: repeat, result: toWire(record) });
      await recordObservation(series, plan, record);
      records.set(repeat, record);
    }
    const inOrder = [...records.values()].toSorted((left, right) => left.repeat - right.repeat);
    const drift = await readDrift(series, plan);
    return await summarise({ embedder, now }, { plan, records: inOrder, drift }, signal);
  }

  async function work(stored: StoredRun, plan: Plan, options: CoordinationOptions): Promise<CoordinationRun> {
    try {
      const result = await measureRepeats(stored, plan, options);
      await runs.end(stored.id, { status: "completed", result: toWire(result) });
      return toCoordinationRun(await runs.get(stored.id));
    } catch (error) {
      const failure = toFailure(error, options.signal);
      await runs.end(stored.id, toEnd(failure, options.signal));
      const details = { ...failure.details, run: stored.id };
      throw new AppError(failure.code, failure.message, { cause: failure.cause ?? error, details });
    }
  }

  return {
    measure: (spec, options) =>
      slots.hold(options.tenant, async () => {
        const plan = await createPlan(deps, spec);
        const name = spec.task.slice(0, maxNameCharacters);
        const model = plan.agents[0].id;
        const stored = await runsOf(options.tenant).create({
          kind: "coordination",
          name,
          model,
          spec: toStoredSpec(plan),
        });
        return await work(stored, plan, options);
      }),
    resume: (id, { budget, ...options }) =>
      slots.hold(options.tenant, async () => {
        const own = runsOf(options.tenant);
        const before = readStoredSpec(await getOfKind(own, id));
        const spec = parseCoordinationSpec(before.spec);
        const plan = await createPlan(deps, budget ? { ...spec, budget } : spec, before.seed);
        checkSame(id, before, plan);
        return await work(await own.claim(id), plan, options);
      }),
    list: (tenant) => runsOf(tenant).list("coordination"),
    get: async (id, tenant) => toCoordinationRun(await getOfKind(runsOf(tenant), id)),
  };
}

async function getOfKind(runs: RunStore, id: string): Promise<StoredRun> {
  const stored = await runs.get(id);
  if (stored.kind === "coordination") return stored;
  throw new AppError("not_found", `the run "${id}" is no coordination but a ${stored.kind}`);
}

type StoredSpec = {
  readonly spec: JsonValue;
  readonly seed: number;
  /** Digests of all models that take part. */
  readonly models: readonly string[];
  readonly version: string;
};

function toStoredSpec(plan: Plan): JsonValue {
  const { spec, seed } = plan;
  return { spec: toSpecBody(spec), seed, models: digestsOf(plan), version: definitionVersion };
}

/** Written by `toStoredSpec`. */
function readStoredSpec({ spec }: StoredRun): StoredSpec {
  return spec as StoredSpec;
}

function digestsOf({ agents, judge }: Plan): readonly string[] {
  const judges = judge.type === "model" ? [judge.model.digest] : [];
  return [...agents.map(({ digest }) => digest), ...judges];
}

function checkSame(id: string, before: StoredSpec, plan: Plan): void {
  const digests = digestsOf(plan);
  const isSame =
    digests.length === before.models.length && digests.every((each, at) => each === before.models[at]);
  if (isSame && before.version === definitionVersion) return;
  const changed = isSame ? "measures have" : "models have";
  throw new AppError("conflict", `the ${changed} changed since the run ${id} was begun; begin a new one`);
}

function toFailure(error: unknown, { aborted, reason }: AbortSignal): AppError {
  if (!aborted) return toAppError(error);
  return reason instanceof AppError ? reason : new AppError("cancelled", "the measurement was stopped");
}

function toEnd({ code, message }: AppError, { aborted }: AbortSignal): RunEnd {
  return { status: aborted ? "cancelled" : "failed", error: { code, message } };
}

function toCoordinationRun(stored: StoredRun): CoordinationRun {
  const { spec: _, result, parts, ...run } = stored;
  return {
    ...{ run, spec: parseCoordinationSpec(readStoredSpec(stored).spec), repeatsDone: parts.length },
    ...(result !== undefined && { result: fromWire<CoordinationResult>(result) }),
  };
}
