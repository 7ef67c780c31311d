import { z } from "@hono/zod-openapi";
import { AppError } from "../../base/index.ts";
import type { EmbedRequest, EmbedResult } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";
import { lazy } from "../lazy.ts";
import { maxEmbeddingInputs, maxPromptCharacters } from "../limits.ts";
import { invalidParameter, nameInput } from "../parameter-errors.ts";
import { type AppContext, callerOf } from "../request-scope.ts";
import { fromKeepAlive, keepAliveField } from "../residency-fields.ts";
import type { Route, RouteDeps } from "../route.ts";
import { shortenVector } from "../shorten-vector.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { readOllamaBody } from "./answer.ts";
import { findUnknown, fromOptions, listIgnored, modelField, optionsField } from "./generation-fields.ts";
import { loadForEmbedding } from "./load-for-embedding.ts";
import { toNanoseconds } from "./statistics.ts";
import { truncateInputs } from "./truncate-inputs.ts";

const embedBodySchema = lazy(() => {
  const text = z.string().max(maxPromptCharacters);
  return z.looseObject({
    model: modelField(),
    input: z
      .union([text, z.array(text).max(maxEmbeddingInputs)])
      .optional()
      .describe("Without any the model is loaded"),
    truncate: z
      .boolean()
      .optional()
      .describe("true: too long a text is cut, which a header tells; else a 400"),
    dimensions: z.int32().min(1).optional(),
    keep_alive: keepAliveField(),
    options: optionsField(),
  });
});

export const embedRoute: Route = {
  method: "post",
  path: "/api/embed",
  summary: "Turn texts into vectors",
  group: "Ollama",
  access: "key",
  body: embedBodySchema,
  answers: "application/json",
  handle: handleEmbed,
};

async function handleEmbed(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readOllamaBody(context, embedBodySchema());
  const scope = context.get("scope");
  const options = fromOptions(body.options);
  scope.ignored = [...findUnknown(body, embedBodySchema().shape), ...listIgnored(options)];
  const wanted = withoutUndefined({
    contextTokens: options.contextTokens,
    keepAliveMs: fromKeepAlive(body.keep_alive),
  });
  const texts = typeof body.input === "string" ? [body.input] : (body.input ?? []);
  const inputs = texts.length === 1 && texts[0] === "" ? [] : texts;
  const loaded = await loadForEmbedding(context, deps, body.model, wanted, inputs.length > 0);
  checkDimensions(body.dimensions, loaded.description.embeddingLength);
  const request = { model: loaded.entry.id, inputs, ...callerOf(scope), ...wanted };
  const result = await embed(deps.engine, request, body.truncate === true, scope.abort.signal);
  scope.truncated = result.truncated;
  scope.usage = { promptTokens: result.promptTokens, completionTokens: 0 };
  const nowMs = deps.nowMs ?? performance.now.bind(performance);
  return context.json({
    model: body.model ?? loaded.entry.id,
    embeddings: result.vectors.map((vector) => Array.from(shortenVector(vector, body.dimensions))),
    total_duration: toNanoseconds(nowMs() - scope.startedMs),
    load_duration: toNanoseconds(loaded.loadMs),
    prompt_eval_count: result.promptTokens,
  });
}

function checkDimensions(dimensions: number | undefined, longest: number): void {
  if (dimensions === undefined || dimensions <= longest) return;
  throw invalidParameter("dimensions", `dimensions: ${dimensions} are more than the model's ${longest}.`);
}

/** Too long an input is refused before any work; where it may be cut, it is cut and tried once more. */
async function embed(
  engine: Engine,
  request: EmbedRequest,
  mayTruncate: boolean,
  signal: AbortSignal,
): Promise<EmbedResult & { readonly truncated: readonly string[] }> {
  const { model, inputs } = request;
  if (inputs.length === 0) return { vectors: [], promptTokens: 0, truncated: [] };
  try {
    return { ...(await engine.embed(request, signal)), truncated: [] };
  } catch (error) {
    const max = findLimit(error);
    if (!mayTruncate || max === undefined) throw nameInput(error, "input");
    const { inputs: cut, truncated } = await truncateInputs(engine, model, inputs, max);
    return { ...(await engine.embed({ ...request, inputs: cut }, signal)), truncated };
  }
}

function findLimit(error: unknown): number | undefined {
  if (!(error instanceof AppError) || error.code !== "context_limit_exceeded") return undefined;
  return typeof error.details.max === "number" ? error.details.max : undefined;
}
