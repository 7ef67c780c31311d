import { toAppError } from "../../base/index.ts";
import type { Telemetry } from "../../observability/index.ts";
import type { Clock } from "../../resilience/index.ts";
import { createBatchWriter } from "../batch-writer.ts";
import { createConversationScrubber } from "../dataset/scrub-conversation.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { History } from "./history.ts";
import type { createHistoryQueue } from "./history-queue.ts";
import type { NewInteraction } from "./interaction.ts";
import type { InteractionStore, Kept } from "./interaction-store.ts";
import { keepContent } from "./keep-content.ts";
import { forgetOld, type RetentionLimits } from "./retention.ts";
import { forgetUsage } from "./usage.ts";

/** Interactions that wait to be written; of more only their number is known. */
export const maxWaitingInteractions = 1_024;
/** Characters of all texts that wait. */
const maxWaitingCharacters = 32 * 1024 * 1024;
/** Of one transaction. */
const batchInteractions = 64;
/** A transaction waits for the disk, and all requests with it, so that answers of about the same time share one. */
export const writeDelayMs = 50;
/** Interactions between two looks at what is old. */
const interactionsARetention = 500;

export type TrackerOptions = {
  readonly deps: Pick<CoordinatorDeps, "plugins" | "knowledge" | "database" | "logger" | "now">;
  readonly mode: "hash" | "redacted" | "full";
  readonly store: InteractionStore;
  readonly history: History;
  readonly documents: ReturnType<typeof createHistoryQueue>;
  readonly telemetry: Telemetry;
  readonly retention: RetentionLimits;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Writes interactions behind the backs of requests, and forgets what is old. */
export function createTracker(options: TrackerOptions) {
  const { deps, store, documents, telemetry, clock } = options;
  const { logger } = deps;
  let untilRetention = 0;

  const queue = createBatchWriter<NewInteraction>({
    ...{ maxWaiting: maxWaitingInteractions, maxBatch: batchInteractions, delayMs: writeDelayMs },
    ...{ clock, write: writeBatch },
    weight: {
      max: maxWaitingCharacters,
      of: ({ query, response, system = "" }) => query.length + response.length + system.length,
    },
    onLost: (lost, { message }) =>
      logger.warn("interactions_lost", { lost, error: message, total: queue.lost }),
  });

  async function writeBatch(batch: readonly NewInteraction[]): Promise<void> {
    const kept: Kept[] = [];
    for (const asked of batch) kept.push(await keep(options, asked));
    await store.add(kept);
    documents.push(kept.filter((one) => one.kept.content !== "hash").map(({ asked }) => asked));
    for (const { asked } of kept) tellTracked(telemetry, asked);
    untilRetention -= batch.length;
    if (untilRetention > 0) return;
    untilRetention = interactionsARetention;
    await forget(options);
  }
  return {
    /** Returns at once; false where too many wait. */
    push: (interaction: NewInteraction) => queue.add(interaction),
    settle: () => queue.settle(),
    /** What was just answered may still wait to be written. */
    async settleOne(id: string): Promise<void> {
      if (queue.some((item) => item.id === id)) await queue.settle();
    },
    lost: () => queue.lost,
  };
}

async function keep({ deps, mode, signal }: TrackerOptions, asked: NewInteraction): Promise<Kept> {
  const isPrivate = asked.isPrivate || (await restsOnPrivate(deps, asked));
  const marked = { ...asked, isPrivate };
  const onFault = (error: unknown) =>
    deps.logger.warn("interaction_unscrubbed", { interaction: asked.id, error: toAppError(error).message });
  const scrub = createConversationScrubber(deps);
  return { asked: marked, kept: await keepContent(marked, { mode, scrub, onFault, signal }) };
}

/** Whether a collection that the answer rests on is labelled `local`; where that cannot be told, it is. */
async function restsOnPrivate(
  { knowledge }: Pick<CoordinatorDeps, "knowledge">,
  { collections }: NewInteraction,
): Promise<boolean> {
  if (collections.length === 0) return false;
  try {
    const known = await knowledge();
    const found = await Promise.all(collections.map((name) => known.collections.find(name)));
    return found.some((collection) => collection?.label !== "any");
  } catch {
    return true;
  }
}

function tellTracked(telemetry: Telemetry, asked: NewInteraction): void {
  telemetry.tell("interaction_tracked", {
    ...{ interaction_id: asked.id, agent_type: asked.agentType, model_used: asked.model },
    ...{ latency_ms: asked.latencyMs, context_count: asked.contextIds.length },
    tokens_used: asked.promptTokens + asked.completionTokens,
  });
}

async function forget({ deps, history, retention }: TrackerOptions): Promise<void> {
  try {
    const database = await deps.database();
    const count = await forgetOld(database, deps.now(), retention, history.remove);
    await forgetUsage(database, deps.now());
    if (count > 0) deps.logger.info("interactions_forgotten", { count });
  } catch (error) {
    deps.logger.warn("interactions_unforgotten", { error: toAppError(error).message });
  }
}
