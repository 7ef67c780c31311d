import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { evaluationSchema, feedbackSchema } from "./cache-bodies.ts";

type Handlers = typeof import("./cache-handlers.ts");

/** The cache's tables are opened with the first request for them. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./cache-handlers.ts");
    return await handlers[name](context, deps);
  };
}

const shared = { group: "Routing", access: "admin", answers: "application/json" } as const;
const path = "/v1/cache";

export const cacheRoutes: readonly Route[] = [
  {
    ...{ ...shared, method: "get", path },
    summary: "What is stored of answers, how often it was served, and how often it was wrong",
    handle: later("handleStats"),
  },
  {
    ...{ ...shared, method: "delete", path },
    summary: "Remove stored answers: ?tag=, ?model=, ?entry= or ?all=true",
    handle: later("handlePurge"),
  },
  {
    ...{ ...shared, access: "key", method: "post", path: `${path}/feedback` },
    summary: "Say whether an answer of the cache was right",
    body: feedbackSchema,
    handle: later("handleFeedback"),
  },
  {
    ...{ ...shared, method: "post", path: `${path}/evaluate` },
    summary: "Measure an embedding model and the guard by pairs of questions",
    body: evaluationSchema,
    handle: later("handleEvaluate"),
  },
];
