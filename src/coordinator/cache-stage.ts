import type {
  AnswerEvent,
  CacheReceipt,
  ContextReceipt,
  GenerateEvent,
  GenerateRequest,
} from "../contract/index.ts";
import type { PipelineDeps } from "./pipeline.ts";
import type { RoutedEvent } from "./routing/router.ts";

export type Known =
  | {
      readonly hit: true;
      /** The question must not leave this machine. */
      readonly isLocal: boolean;
      readonly receipt: CacheReceipt;
      /** What the stored answer was given to rest on. */
      readonly context?: ContextReceipt;
      readonly events: AsyncIterable<RoutedEvent>;
    }
  | {
      readonly hit: false;
      readonly receipt: CacheReceipt;
      keep(events: AsyncIterable<AnswerEvent>): AsyncIterable<AnswerEvent>;
    };

/** Looks an answer up where the request or the configuration wants one that is known. */
export async function cacheStage(
  { coordinator }: Pick<PipelineDeps, "coordinator">,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<Known> {
  if ((request.caching ?? "off") === "off")
    return { hit: false, receipt: { outcome: "off" }, keep: (events) => events };
  const cache = await coordinator.cache();
  const found = await cache.lookUp(request, signal);
  return found.hit ? { ...found, events: replay(request, found) } : found;
}

async function* replay(
  { model }: GenerateRequest,
  {
    answeredBy,
    receipt,
    events,
  }: { answeredBy: string; receipt: CacheReceipt; events: AsyncIterable<GenerateEvent> },
): AsyncGenerator<RoutedEvent> {
  const route = {
    ...{ kind: "cache" as const, asked: model, rule: receipt.outcome, reason: "it was answered before" },
    attempts: [],
  };
  yield { type: "routed", answeredBy, route };
  yield* events;
}
