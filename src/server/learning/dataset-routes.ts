import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { datasetSchema } from "./dataset-bodies.ts";

type Handlers = typeof import("./dataset-handlers.ts");

/** Exports are loaded with the first request for one. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./dataset-handlers.ts");
    return await handlers[name](context, deps);
  };
}

const shared = { group: "Learning", access: "key", answers: "application/json" } as const;
const one = "/v1/datasets/:id";

/** Every key exports its own interactions, and sees its own exports, alone. */
export const datasetRoutes: readonly Route[] = [
  {
    ...{ ...shared, method: "post", path: "/v1/datasets" },
    summary:
      "Make training data of answers that went well and were consented to; id is null where there are none",
    body: datasetSchema,
    handle: later("handleExport"),
  },
  {
    ...shared,
    method: "get",
    path: one,
    summary: "Show the manifest of a data set",
    handle: later("handleShow"),
  },
  {
    ...{ ...shared, method: "get", path: `${one}/files/:name`, answers: "text/plain" },
    summary: "One file of a data set: a row in JSON on each line",
    handle: later("handleFile"),
  },
  {
    ...{ ...shared, method: "delete", path: one },
    summary: "Remove a data set with its files",
    handle: later("handleRemove"),
  },
];
