import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { judgeResumeSchema, judgeRunSchema, judgeSchema, probeSchema } from "./judge-bodies.ts";

type Handlers = typeof import("./judge-handlers.ts");

/** Judges are loaded with the first request for one. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./judge-handlers.ts");
    return await handlers[name](context, deps);
  };
}

const shared = { group: "Judging", access: "key", answers: "application/json" } as const;
const runsPath = "/v1/judge/runs";

export const judgeRoutes: readonly Route[] = [
  {
    ...{ ...shared, method: "post", path: "/v1/judge" },
    summary: "Judge one answer",
    body: judgeSchema,
    handle: later("handleJudge"),
  },
  {
    ...{ ...shared, method: "post", path: "/v1/judge/probe" },
    summary: "Probe a model: whether it answers, how well, whether it calls tools, whether it is consistent",
    body: probeSchema,
    handle: later("handleProbe"),
  },
  {
    ...{ ...shared, method: "post", path: runsPath },
    summary:
      "Run a suite of prompts and judge the answers; a run ends as cancelled when its client goes away",
    body: judgeRunSchema,
    streams: "text/event-stream",
    handle: later("handleRun"),
  },
  { ...shared, method: "get", path: runsPath, summary: "List runs of suites", handle: later("handleList") },
  {
    ...{ ...shared, method: "get", path: `${runsPath}/:id` },
    summary: "Show a run; ?format=junit is its report in JUnit's XML",
    handle: later("handleShow"),
  },
  {
    ...{ ...shared, method: "post", path: `${runsPath}/:id/resume` },
    summary: "Go on with a run where it stopped",
    body: judgeResumeSchema,
    streams: "text/event-stream",
    handle: later("handleResume"),
  },
];
