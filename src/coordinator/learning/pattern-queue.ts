import { toAppError } from "../../base/index.ts";
import type { Telemetry } from "../../observability/index.ts";
import { createBatchWriter } from "../batch-writer.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { extractPattern } from "./extract-pattern.ts";
import type { Interaction } from "./interaction.ts";
import type { InteractionStore } from "./interaction-store.ts";
import type { PatternStore } from "./pattern-store.ts";

/** Interactions that wait for their pattern; of more none is made. */
export const maxWaitingPatterns = 100;

export type PatternResult = "added" | "merged" | "invalid" | "failed" | "skipped";
export type PatternCounts = Readonly<Record<PatternResult | "dropped", number>>;

const observed = {
  added: "extracted",
  merged: "merged",
  invalid: "refused",
  failed: "refused",
} as const;

type PatternQueueOptions = {
  readonly deps: Pick<CoordinatorDeps, "generate" | "settings" | "logger" | "observer">;
  readonly store: InteractionStore;
  readonly patterns: PatternStore;
  readonly telemetry: Telemetry;
  readonly signal: AbortSignal;
};

export type PatternQueue = ReturnType<typeof createPatternQueue>;

/** Makes patterns of interactions beside all requests, one at a time. */
export function createPatternQueue({ deps, store, patterns, telemetry, signal }: PatternQueueOptions) {
  const counts = { added: 0, merged: 0, invalid: 0, failed: 0, skipped: 0 };
  const queue = createBatchWriter<Pick<Interaction, "id" | "tenant">>({
    ...{ maxWaiting: maxWaitingPatterns, maxBatch: 1, delayMs: 0 },
    write: async ([asked]) => {
      if (asked) note(asked.id, await make(asked));
    },
    onLost: (lost, { message }) => deps.logger.warn("patterns_dropped", { lost, error: message }),
  });

  function note(id: string, result: PatternResult): void {
    counts[result]++;
    if (result !== "skipped") deps.observer.patternMade(observed[result]);
    telemetry.tell("pattern_extraction", { interaction_id: id, result });
  }
  async function make({ id, tenant }: Pick<Interaction, "id" | "tenant">): Promise<PatternResult> {
    const model = deps.settings.models[0];
    const interaction = await store.find(id, tenant);
    if (signal.aborted || model === undefined || !interaction || !isTeachable(interaction)) return "skipped";
    try {
      const pattern = await extractPattern(deps, model, interaction, signal);
      if (!pattern) return "invalid";
      const placed = await patterns.place(pattern, interaction, signal);
      await store.setPattern(id, placed.id);
      return placed.result;
    } catch (error) {
      if (signal.aborted) return "skipped";
      deps.logger.warn("pattern_failed", { interaction: id, error: toAppError(error).message });
      return "failed";
    }
  }
  return {
    /** Whether a pattern will be tried: false where none may be made, no model is there, or too many wait. */
    push(interaction: Interaction): boolean {
      return deps.settings.models.length > 0 && isTeachable(interaction) && queue.add(interaction);
    },
    settle: () => queue.settle(),
    counts: (): PatternCounts => ({ ...counts, dropped: queue.lost }),
  };
}

/** A pattern may be shown to any model, so what is private makes none; one interaction makes one. */
function isTeachable({ outcome, isInferred, isPrivate, content, patternId }: Interaction): boolean {
  return outcome === "success" && !isInferred && !isPrivate && content !== "hash" && patternId === undefined;
}
