import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { coordinationSchema, resumeSchema } from "./coordination-bodies.ts";

type Handlers = typeof import("./coordination-handlers.ts");

/** Judges are loaded with the first request for one. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./coordination-handlers.ts");
    return await handlers[name](context, deps);
  };
}

const shared = { group: "Judging", access: "key", answers: "application/json" } as const;
const path = "/v1/coordination/runs";

export const coordinationRoutes: readonly Route[] = [
  {
    ...shared,
    method: "post",
    path,
    summary: "Let several agents work on a task, and measure whether that beats one of them alone",
    body: coordinationSchema,
    streams: "text/event-stream",
    handle: later("handleMeasure"),
  },
  { ...shared, method: "get", path, summary: "List coordination runs", handle: later("handleList") },
  {
    ...shared,
    method: "get",
    path: `${path}/:id`,
    summary: "Show a coordination run; ?format=md or html is its report",
    handle: later("handleShow"),
  },
  {
    ...shared,
    method: "post",
    path: `${path}/:id/resume`,
    summary: "Go on with a coordination run where it stopped, with another budget where one is given",
    body: resumeSchema,
    streams: "text/event-stream",
    handle: later("handleResume"),
  },
];
