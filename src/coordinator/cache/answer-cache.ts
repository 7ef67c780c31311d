import type { AnswerEvent, CacheReceipt, GenerateEvent, GenerateRequest } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";

/** What is known of a request before anything is generated for it. */
export type CacheLookup =
  | {
      readonly hit: true;
      readonly receipt: CacheReceipt;
      readonly answeredBy: string;
      /** The stored answer in the shape of a generated one. */
      readonly events: AsyncIterable<GenerateEvent>;
    }
  | {
      readonly hit: false;
      readonly receipt: CacheReceipt;
      /** Passes the events on, and keeps the answer where it may be kept. */
      keep(events: AsyncIterable<AnswerEvent>): AsyncIterable<AnswerEvent>;
    };

/** Answers that were given before. */
export type AnswerCache = {
  /** Never rejects for a fault of the cache itself: that is a miss with its reason. */
  lookUp(request: GenerateRequest, signal: AbortSignal): Promise<CacheLookup>;
};

export function createAnswerCache(_deps: CoordinatorDeps): AnswerCache {
  return {
    lookUp: async () => ({
      hit: false,
      receipt: { outcome: "miss" },
      keep: (events) => events,
    }),
  };
}
