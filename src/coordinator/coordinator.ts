import { createDoor } from "../base/index.ts";
import type { AnswerCache } from "./cache/answer-cache.ts";
import type { CoordinatorDeps } from "./deps.ts";
import type { GenerationRecord } from "./recorder.ts";
import { createRouter, type Router } from "./routing/router.ts";
import type { CoordinatorSettings } from "./settings.ts";

/** What decides about requests and learns from them; a part opens its tables when it is first used. */
export type Coordinator = {
  readonly settings: CoordinatorSettings;
  readonly router: Router;
  cache(): Promise<AnswerCache>;
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
  return {
    settings: deps.settings,
    router: createRouter(deps),
    cache: cache.open,
    observe() {},
    async close() {},
  };
}
