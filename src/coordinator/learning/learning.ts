/**
 * What Hearth remembers of answers and makes of what came of them. All of it follows the events of requests: it may be
 * slow or fail without touching a reply. With `interactions: off` nothing is kept, counted or told.
 */
import { AppError, createId, toAppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import { createEmbedder } from "../../judges/index.ts";
import { silentTelemetry } from "../../observability/index.ts";
import { type Clock, systemClock } from "../../resilience/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { GenerationRecord } from "../recorder.ts";
import { type AugmentAsked, type Augmented, augment } from "./augment.ts";
import { createHistory } from "./history.ts";
import { createHistoryQueue } from "./history-queue.ts";
import { createRegenerationWatch } from "./infer-outcome.ts";
import type { Interaction, NewInteraction } from "./interaction.ts";
import { createInteractionStore, type InteractionPage } from "./interaction-store.ts";
import { createPatternQueue } from "./pattern-queue.ts";
import { createPatternStore } from "./pattern-store.ts";
import { readStatus } from "./read-status.ts";
import { defaultRetention, type RetentionLimits } from "./retention.ts";
import { type OutcomeAsked, type OutcomeResult, setOutcome } from "./set-outcome.ts";
import { takeInteraction } from "./take-interaction.ts";
import { tellReceipt } from "./tell-events.ts";
import { createTracker } from "./tracker.ts";

/** How long the end of the program waits for what is being written. */
const closeGraceMs = 3_000;

export type Reported = Omit<NewInteraction, "id" | "origin" | "route">;

export type Learning = {
  /** Returns at once and never throws. */
  track(record: GenerationRecord): void;
  /** Remembers an answer that was made elsewhere; resolves with its id. Throws AppError conflict where nothing is kept. */
  report(reported: Reported): Promise<string>;
  /** Throws AppError not_found. */
  setOutcome(asked: OutcomeAsked, signal: AbortSignal): Promise<OutcomeResult>;
  /** Throws AppError not_found. */
  get(id: string, tenant: string): Promise<Interaction>;
  list(page: InteractionPage): Promise<readonly Interaction[]>;
  augment(asked: AugmentAsked, signal: AbortSignal): Promise<Augmented>;
  /** Of one tenant; collections and upstreams are everybody's. */
  status(tenant: string): Promise<JsonObject>;
  /** Resolves once what was tracked before is written, and the patterns of it are made. */
  settle(): Promise<void>;
  close(): Promise<void>;
};

export type LearningOptions = { readonly retention?: RetentionLimits; readonly clock?: Clock };

export function createLearning(
  deps: CoordinatorDeps,
  { retention = defaultRetention, clock = systemClock }: LearningOptions = {},
): Learning {
  const isOff = deps.settings.interactions === "off";
  const stopping = new AbortController();
  const parts = createParts(deps, { retention, clock, signal: stopping.signal });
  const { telemetry, store, patterns, tracker, documents } = parts;
  const infer = createInference(deps, parts);

  async function settle(): Promise<void> {
    await tracker.settle();
    await documents.settle();
    await patterns.settle();
    await telemetry.flush();
  }
  return {
    track(record) {
      if (isOff) return;
      try {
        const taken = takeInteraction(record);
        if (!taken) return;
        tellReceipt(telemetry, record);
        tracker.push(taken);
        infer(record);
      } catch (error) {
        deps.logger.warn("interaction_untracked", { id: record.id, error: toAppError(error).message });
      }
    },
    async report(reported) {
      if (isOff) throw refuseReport();
      return await writeReported(parts, { ...reported, id: createId("interaction"), origin: "reported" });
    },
    async setOutcome(asked, asking) {
      await tracker.settleOne(asked.id);
      return await setOutcome({ deps, ...parts }, asked, asking);
    },
    async get(id, tenant) {
      await tracker.settleOne(id);
      return await store.get(id, tenant);
    },
    async list(page) {
      await tracker.settle();
      return await store.list(page);
    },
    augment: (asked, asking) => augment({ deps, telemetry }, asked, asking),
    async status(tenant) {
      await tracker.settle();
      const [telemetryStats, counts] = [telemetry.stats(), patterns.counts()];
      return await readStatus(deps, tenant, {
        telemetry: telemetryStats,
        patterns: counts,
        lost: tracker.lost(),
      });
    },
    settle,
    async close() {
      const timer = setTimeout(() => stopping.abort(), closeGraceMs);
      await tracker.settle();
      stopping.abort();
      clearTimeout(timer);
      await settle();
    },
  };
}

type Parts = ReturnType<typeof createParts>;

function createParts(
  deps: CoordinatorDeps,
  { retention, clock, signal }: Required<LearningOptions> & { readonly signal: AbortSignal },
) {
  const { settings, knowledge, database, now } = deps;
  const isOff = settings.interactions === "off";
  const mode = settings.interactions === "off" ? "hash" : settings.interactions;
  const telemetry = isOff ? silentTelemetry : (deps.telemetry ?? silentTelemetry);
  const words = createEmbedder({ engine: deps.engine });
  const store = createInteractionStore({ database, now });
  const history = createHistory({ knowledge, words });
  const placed = createPatternStore({ knowledge, words, now });
  const patterns = createPatternQueue({ deps, store, telemetry, signal, patterns: placed });
  const documents = createHistoryQueue({ deps, store, history, signal });
  const tracker = createTracker({
    ...{ deps, store, history, documents, telemetry, retention, clock, signal, mode },
  });
  return { store, history, documents, patterns, tracker, telemetry };
}

/** Marks the answer that another one replaces; never throws. */
function createInference(
  { logger, nowMs }: Pick<CoordinatorDeps, "logger" | "nowMs">,
  { tracker, store }: Pick<Parts, "tracker" | "store">,
): (record: GenerationRecord) => void {
  const watch = createRegenerationWatch();
  const guess = async (id: string) => {
    await tracker.settleOne(id);
    await store.inferOutcome(id, "failure");
  };
  return (record) => {
    const replaced = watch.observe(record, nowMs());
    if (replaced === undefined) return;
    guess(replaced).catch((error) => logger.warn("outcome_unguessed", { error: toAppError(error).message }));
  };
}

async function writeReported(
  { tracker, store }: Pick<Parts, "tracker" | "store">,
  reported: Omit<NewInteraction, "route">,
): Promise<string> {
  const { id, tenant, agentType } = reported;
  if (!tracker.push({ ...reported, route: agentType }))
    throw new AppError("queue_full", "Too many interactions wait to be written; send it again later.");
  await tracker.settle();
  if (await store.find(id, tenant)) return id;
  throw new AppError("server_error", "The interaction could not be written; the log says why.");
}

function refuseReport(): AppError {
  const message = "This server keeps no interactions; start it with --interactions hash, redacted or full.";
  return new AppError("conflict", message);
}
