import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { replaySchema, routeCalibrationSchema } from "./route-bodies.ts";

type Handlers = typeof import("./route-handlers.ts");

/** Receipts are read by few: what reads them is loaded with the first request for one. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./route-handlers.ts");
    return await handlers[name](context, deps);
  };
}

const shared = { group: "Routing", access: "key", answers: "application/json" } as const;
const path = "/v1/routes";

export const routingRoutes: readonly Route[] = [
  {
    ...{ ...shared, method: "get", path },
    summary: "List where answers came from, the newest first; ?limit, ?after=ID, ?kind and ?rule",
    handle: later("handleList"),
  },
  {
    ...{ ...shared, method: "get", path: `${path}/bars` },
    summary: "List how sure local models must be for their answers to stay",
    handle: later("handleBars"),
  },
  {
    ...{ ...shared, method: "post", path: `${path}/calibrate`, access: "admin" },
    summary: "Draw the curve of a local model by labelled answers, and set its bar for a share or a quality",
    body: routeCalibrationSchema,
    handle: later("handleCalibrate"),
  },
  {
    ...{ ...shared, method: "get", path: `${path}/:id` },
    summary: "Say why an answer came from where it did, by the answer's id",
    handle: later("handleShow"),
  },
  {
    ...{ ...shared, method: "post", path: `${path}/:id/replay` },
    summary: "Say what another policy would have decided",
    body: replaySchema,
    handle: later("handleReplay"),
  },
];
