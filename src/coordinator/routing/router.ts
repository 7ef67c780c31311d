import { createDoor } from "../../base/index.ts";
import type { GenerateEvent, GenerateInput, GenerateRequest, RouteReceipt } from "../../contract/index.ts";
import { type Clock, systemClock } from "../../resilience/index.ts";
import { mayNameUpstream } from "../../upstreams/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { autoModel } from "./auto-model.ts";
import type { BarStore } from "./bar-store.ts";
import type { Spending } from "./spending.ts";

export type RoutedRequest = {
  readonly request: GenerateRequest;
  /** Best score of the retrieved context, from 0 to 1; absent: nothing was retrieved. */
  readonly contextScore?: number;
  /** What the client asked, before texts were put in front of it; absent: the same. */
  readonly asked?: GenerateInput;
};

export type RoutedEvent =
  | { readonly type: "routed"; readonly answeredBy: string; readonly route: RouteReceipt }
  | GenerateEvent;

export type Router = {
  /** `routed` first, and again where what it says has changed; then the answer. */
  route(asked: RoutedRequest, signal: AbortSignal): AsyncIterable<RoutedEvent>;
};

export type RouterParts = {
  readonly spending: Spending;
  readonly bars: Pick<BarStore, "find">;
  readonly clock?: Clock;
};

/** Sends each request to the model that it names, or to the one that is right for it. */
export function createRouter(deps: CoordinatorDeps, parts: RouterParts): Router {
  const { engine, settings, upstreams } = deps;
  const steering = createDoor(async () => {
    const { createSteering } = await import("./steering.ts");
    return createSteering({ ...deps, clock: systemClock, ...parts });
  });
  const hasChoice =
    settings.fallbacks.length > 0 ||
    upstreams.list.length > 0 ||
    settings.routeLocal !== undefined ||
    settings.routeRemote !== undefined;

  /** A name that can only be one of this machine's models, which nobody else stands in for. */
  function isPlain({ model, routing }: GenerateRequest): boolean {
    if (routing === "remote") return false;
    return !hasChoice || (settings.fallbacks.length === 0 && model !== autoModel && !mayNameUpstream(model));
  }
  return {
    async *route(asked, signal) {
      const { request } = asked;
      if (!isPlain(request)) {
        yield* (await steering.open()).route(asked, signal);
        return;
      }
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
