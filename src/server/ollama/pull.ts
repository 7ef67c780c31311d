import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { readOllamaBody } from "./answer.ts";
import { findUnknown } from "./generation-fields.ts";
import { namedShape, readNewName } from "./model-name.ts";
import { answerWork } from "./progress.ts";

const pullBodySchema = lazy(() =>
  z.looseObject({
    ...namedShape(),
    stream: z.boolean().optional().describe("On by default"),
    insecure: z.boolean().optional().describe("Certificates are always checked"),
  }),
);

export const pullRoute: Route = {
  method: "post",
  path: "/api/pull",
  summary: "Fetch a model from a registry, Hugging Face or a web address",
  group: "Ollama",
  access: "key",
  body: pullBodySchema,
  answers: "application/json",
  streams: "application/x-ndjson",
  handle: handlePull,
};

/** A client that goes away ends the pull; what it fetched stays, and the next pull goes on from there. */
async function handlePull(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readOllamaBody(context, pullBodySchema());
  const scope = context.get("scope");
  scope.ignored = [
    ...findUnknown(body, pullBodySchema().shape),
    ...(body.insecure === true ? ["insecure"] : []),
  ];
  const events = deps.library.pull(readNewName(body), { signal: scope.abort.signal });
  return answerWork(context, deps, events, { stream: body.stream !== false });
}
