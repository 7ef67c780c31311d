import { z } from "@hono/zod-openapi";
import { createId } from "../../base/index.ts";
import { readBody } from "../body.ts";
import { findModel } from "../find-model.ts";
import { lazy } from "../lazy.ts";
import { maxDocuments, maxPromptCharacters } from "../limits.ts";
import { nameInput } from "../parameter-errors.ts";
import { type AppContext, callerOf } from "../request-scope.ts";
import { fromResidencyFields, residencyShape } from "../residency-fields.ts";
import type { Route, RouteDeps } from "../route.ts";
import { findIgnoredFields, modelField } from "./generation-fields.ts";

const rerankBodySchema = lazy(() => {
  const text = z.string().max(maxPromptCharacters);
  return z.looseObject({
    model: modelField(),
    query: text.min(1),
    documents: z
      .array(z.union([text, z.looseObject({ text })]))
      .min(1)
      .max(maxDocuments),
    top_n: z.int32().min(1).optional(),
    return_documents: z.boolean().optional(),
    ...residencyShape(),
    raw_scores: z.boolean().optional().describe("The rank head's own output instead of its sigmoid"),
  });
});

export const rerankRoutes: readonly Route[] = ["/v1/rerank", "/rerank", "/v2/rerank"].map((path) => ({
  method: "post",
  path,
  summary: "Sort documents by how well they answer a query",
  group: "OpenAI",
  access: "key",
  body: rerankBodySchema,
  answers: "application/json",
  handle: handleRerank,
}));

async function handleRerank(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, rerankBodySchema());
  const scope = context.get("scope");
  scope.ignored = findIgnoredFields(body, rerankBodySchema().shape);
  const entry = await findModel(deps.engine, body.model);
  scope.model = entry.id;
  const documents = body.documents.map((document) =>
    typeof document === "string" ? document : document.text,
  );
  const request = {
    model: entry.id,
    query: body.query,
    documents,
    ...callerOf(scope),
    ...fromResidencyFields(body),
  };
  const { scores, promptTokens } = await deps.engine.rerank(request, scope.abort.signal).catch((error) => {
    throw nameInput(error, "documents");
  });
  scope.usage = { promptTokens, completionTokens: 0 };
  const toScore = body.raw_scores ? (score: number) => score : sigmoid;
  const ranked = scores
    .map((score, index) => ({ index, score }))
    .sort((left, right) => right.score - left.score);
  return context.json({
    id: createId("rerank"),
    object: "list",
    model: entry.id,
    results: ranked.slice(0, body.top_n).map(({ index, score }) => ({
      index,
      relevance_score: toScore(score),
      ...(body.return_documents ? { document: { text: documents[index] } } : {}),
    })),
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  });
}

/** Clients of Cohere and Jina expect scores between 0 and 1; the order stays. */
function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}
