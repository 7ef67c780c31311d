import { z } from "@hono/zod-openapi";
import { toAppError } from "../../base/index.ts";
import { lazy } from "../lazy.ts";
import { maxModelIdCharacters } from "../limits.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { readOllamaBody } from "./answer.ts";
import { findUnknown } from "./generation-fields.ts";
import { checkNewName, namedShape, readName } from "./model-name.ts";

const deleteBodySchema = lazy(() => z.looseObject(namedShape()));
const copyBodySchema = lazy(() => {
  const name = () => z.string().min(1).max(maxModelIdCharacters);
  return z.looseObject({ source: name(), destination: name() });
});

export const manageRoutes: readonly Route[] = [
  {
    method: "delete",
    path: "/api/delete",
    summary: "Remove a model",
    group: "Ollama",
    access: "key",
    body: deleteBodySchema,
    answers: "nothing",
    handle: handleDelete,
  },
  {
    method: "post",
    path: "/api/copy",
    summary: "Give a model another name",
    group: "Ollama",
    access: "key",
    body: copyBodySchema,
    answers: "nothing",
    handle: handleCopy,
  },
];

/** A model in memory ends its answers and leaves; the client does not wait for that. */
async function handleDelete(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readOllamaBody(context, deleteBodySchema());
  context.get("scope").ignored = findUnknown(body, deleteBodySchema().shape);
  const name = readName(body);
  const record = await deps.library.find(name);
  await deps.library.remove(name);
  if (record && deps.engine.resident().some((resident) => resident.id === record.name)) {
    void deps.engine.unload(record.name).catch((error: unknown) => {
      deps.logger.warn("unload_failed", { model: record.name, error: toAppError(error).message });
    });
  }
  return new Response(null);
}

async function handleCopy(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readOllamaBody(context, copyBodySchema());
  context.get("scope").ignored = findUnknown(body, copyBodySchema().shape);
  await deps.library.copy(body.source, checkNewName(body.destination, "destination"));
  return new Response(null);
}
