import { createBatchWriter } from "../batch-writer.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { History } from "./history.ts";
import type { Interaction, NewInteraction } from "./interaction.ts";
import type { InteractionStore } from "./interaction-store.ts";

/** Interactions that wait to become documents; more do not. */
export const maxWaitingDocuments = 1_024;
const batchDocuments = 32;

type Named = Pick<NewInteraction, "id" | "tenant">;

type HistoryQueueOptions = {
  readonly deps: Pick<CoordinatorDeps, "logger">;
  readonly store: InteractionStore;
  readonly history: History;
  readonly signal: AbortSignal;
};

/** Makes documents of stored interactions. Embedding them takes its time, and outcomes do not wait for it. */
export function createHistoryQueue({ deps: { logger }, store, history, signal }: HistoryQueueOptions) {
  const queue = createBatchWriter<Named>({
    ...{ maxWaiting: maxWaitingDocuments, maxBatch: batchDocuments, delayMs: 0, write: addDocuments },
    onLost: (lost, { message }) => logger.warn("history_unwritten", { lost, error: message }),
  });

  async function addDocuments(batch: readonly Named[]): Promise<void> {
    if (signal.aborted) return;
    const before = await read(batch);
    const ids = await history.add(before, signal);
    for (const [id, documentId] of ids) await store.setDocument(id, documentId);
    const outcomes = new Map(before.map(({ id, outcome }) => [id, outcome]));
    for (const interaction of await read(batch))
      if (interaction.outcome !== outcomes.get(interaction.id)) await history.noteOutcome(interaction);
  }
  async function read(batch: readonly Named[]): Promise<readonly Interaction[]> {
    const found = await Promise.all(batch.map(({ id, tenant }) => store.find(id, tenant)));
    return found.filter((interaction) => interaction !== undefined);
  }
  return {
    push(interactions: readonly Named[]): void {
      for (const { id, tenant } of interactions) queue.add({ id, tenant });
    },
    settle: () => queue.settle(),
  };
}
