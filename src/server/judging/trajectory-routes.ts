import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { trajectoryBatchSchema, trajectorySchema, trajectoryTextSchema } from "./trajectory-bodies.ts";

type Handlers = typeof import("./trajectory-handlers.ts");

/** Judges are loaded with the first request for one. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./trajectory-handlers.ts");
    return await handlers[name](context, deps);
  };
}

const shared = { group: "Judging", access: "key", answers: "application/json", method: "post" } as const;
const path = "/v1/trajectory";

export const trajectoryRoutes: readonly Route[] = [
  {
    ...shared,
    path,
    summary: "Answer a prompt, and tell how sure the model was of every token",
    body: trajectorySchema,
    handle: later("handleAnalyze"),
  },
  {
    ...shared,
    path: `${path}/batch`,
    summary: "Do the same for several prompts; one that fails is told of in its place",
    body: trajectoryBatchSchema,
    handle: later("handleBatch"),
  },
  {
    ...shared,
    path: `${path}/text`,
    summary: "Measure the perplexity of a text, as llama-perplexity does",
    body: trajectoryTextSchema,
    handle: later("handleText"),
  },
];
