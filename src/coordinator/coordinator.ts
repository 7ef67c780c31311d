import { createDoor, toAppError } from "../base/index.ts";
import type { AnswerCache } from "./cache/answer-cache.ts";
import type { Dataset } from "./dataset/dataset.ts";
import type { CoordinatorDeps } from "./deps.ts";
import type { Learning } from "./learning/learning.ts";
import type { GenerationRecord } from "./recorder.ts";
import type { Router } from "./routing/router.ts";
import { createRouting, type Routes } from "./routing/routes.ts";
import type { CoordinatorSettings } from "./settings.ts";

/** What decides about requests and learns from them; a part opens its tables when it is first used. */
export type Coordinator = {
  readonly settings: CoordinatorSettings;
  readonly router: Router;
  readonly routes: Routes;
  cache(): Promise<AnswerCache>;
  learning(): Promise<Learning>;
  dataset(): Promise<Dataset>;
  /** Takes note of an answer that has ended; never throws, and nothing waits for what it leads to. */
  observe(record: GenerationRecord): void;
  /** Ends what goes on beside requests. */
  close(): Promise<void>;
};

export function createCoordinator(deps: CoordinatorDeps): Coordinator {
  const cache = createDoor(async () => {
    const { createAnswerCache } = await import("./cache/answer-cache.ts");
    return createAnswerCache(deps);
  });
  const learning = createDoor(async () => {
    const { createLearning } = await import("./learning/learning.ts");
    return createLearning(deps);
  });
  const dataset = createDoor(async () => {
    const { createDataset } = await import("./dataset/dataset.ts");
    return createDataset(deps);
  });
  const { router, routes } = createRouting(deps);
  return {
    settings: deps.settings,
    ...{ router, routes },
    cache: cache.open,
    learning: learning.open,
    dataset: dataset.open,
    observe(record) {
      routes.note(record);
      const context = record.receipt?.context;
      if (context) deps.observer.retrieved(context.mode, { isEmpty: context.citations.length === 0 });
      if (deps.settings.interactions === "off" || !record.request.isInteraction) return;
      learning.open().then(
        ({ track }) => track(record),
        (error) => deps.logger.error("learning_failed", { error: toAppError(error).message }),
      );
    },
    async close() {
      await routes.close();
      await (await learning.settle())?.close();
      await (await cache.settle())?.close();
      await deps.telemetry?.flush();
    },
  };
}
