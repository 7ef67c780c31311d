import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxPromptCharacters } from "../limits.ts";
import { type AppContext, callerOf } from "../request-scope.ts";
import { fromKeepAlive, keepAliveField } from "../residency-fields.ts";
import type { Route, RouteDeps } from "../route.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { readOllamaBody } from "./answer.ts";
import { findUnknown, fromOptions, listIgnored, modelField, optionsField } from "./generation-fields.ts";
import { loadForEmbedding } from "./load-for-embedding.ts";

const embeddingsBodySchema = lazy(() =>
  z.looseObject({
    model: modelField(),
    prompt: z.string().max(maxPromptCharacters).optional().describe("Without one the model is loaded"),
    keep_alive: keepAliveField(),
    options: optionsField(),
  }),
);

/** The older route for one text. Its vector has length 1, as every vector of Hearth's. */
export const embeddingsRoute: Route = {
  method: "post",
  path: "/api/embeddings",
  summary: "Turn one text into a vector; /api/embed takes several",
  group: "Ollama",
  access: "key",
  body: embeddingsBodySchema,
  answers: "application/json",
  handle: handleEmbeddings,
};

async function handleEmbeddings(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readOllamaBody(context, embeddingsBodySchema());
  const scope = context.get("scope");
  const options = fromOptions(body.options);
  scope.ignored = [...findUnknown(body, embeddingsBodySchema().shape), ...listIgnored(options)];
  const wanted = withoutUndefined({
    contextTokens: options.contextTokens,
    keepAliveMs: fromKeepAlive(body.keep_alive),
  });
  const { prompt = "" } = body;
  const { entry } = await loadForEmbedding(context, deps, body.model, wanted, prompt !== "");
  if (prompt === "") return context.json({ embedding: [] });
  const request = { model: entry.id, inputs: [prompt], ...callerOf(scope), ...wanted };
  const { vectors, promptTokens } = await deps.engine.embed(request, scope.abort.signal);
  scope.usage = { promptTokens, completionTokens: 0 };
  return context.json({ embedding: Array.from(vectors[0] ?? []) });
}
