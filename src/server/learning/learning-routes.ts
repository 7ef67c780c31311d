import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { augmentSchema, interactionSchema, outcomeSchema } from "./learning-bodies.ts";

type Handlers = typeof import("./learning-handlers.ts");

/** Learning is loaded with the first request for it. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./learning-handlers.ts");
    return await handlers[name](context, deps);
  };
}

const shared = { group: "Learning", access: "key", answers: "application/json" } as const;
const all = "/v1/interactions";

/** Every key sees its own interactions alone. */
export const learningRoutes: readonly Route[] = [
  {
    ...{ ...shared, method: "get", path: all },
    summary: "List what is remembered of answers, the newest first; ?outcome, ?limit and ?after choose",
    handle: later("handleList"),
  },
  {
    ...{ ...shared, method: "post", path: all },
    summary: "Remember an answer that was made elsewhere",
    body: interactionSchema,
    handle: later("handleReport"),
  },
  {
    ...{ ...shared, method: "get", path: `${all}/:id` },
    summary: "Show an interaction by the id of its answer",
    handle: later("handleShow"),
  },
  {
    ...{ ...shared, method: "post", path: `${all}/:id/outcome` },
    summary: "Tell what became of an answer; it is scored, and what worked is learnt from",
    body: outcomeSchema,
    handle: later("handleOutcome"),
  },
  {
    ...{ ...shared, method: "post", path: "/v1/augment" },
    summary: "Put what the collections hold on a query before a model",
    body: augmentSchema,
    handle: later("handleAugment"),
  },
  {
    ...{ ...shared, method: "get", path: "/v1/status" },
    summary: "Collections, what is learnt, where answers came from, and what that saved",
    handle: later("handleStatus"),
  },
];
