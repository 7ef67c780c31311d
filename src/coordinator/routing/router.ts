import type { GenerateEvent, GenerateRequest, RouteReceipt } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";

export type RoutedRequest = {
  readonly request: GenerateRequest;
  /** Best score of the retrieved context, from 0 to 1; absent: nothing was retrieved. */
  readonly contextScore?: number;
};

export type RoutedEvent =
  | { readonly type: "routed"; readonly answeredBy: string; readonly route: RouteReceipt }
  | GenerateEvent;

export type Router = {
  /** `routed` first, and again where what it says has changed; then the answer. */
  route(asked: RoutedRequest, signal: AbortSignal): AsyncIterable<RoutedEvent>;
};

export function createRouter({ engine }: CoordinatorDeps): Router {
  return {
    async *route({ request }, signal) {
      yield {
        type: "routed",
        answeredBy: request.model,
        route: {
          ...{ kind: "local", asked: request.model, rule: "named", reason: "the request names it" },
          attempts: [{ model: request.model, outcome: "answered" }],
        },
      };
      yield* engine.generate(request, signal);
    },
  };
}
