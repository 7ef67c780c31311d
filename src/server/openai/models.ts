import type { ModelEntry } from "../../engine/index.ts";
import { findModel } from "../find-model.ts";
import type { Route } from "../route.ts";

export const modelRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/models",
    summary: "List the models",
    group: "OpenAI",
    access: "key",
    answers: "application/json",
    handle: async (context, deps) => {
      // A server that lists this one among its upstreams is not told of its own models.
      const models = await deps.engine.models({ isOwn: context.get("scope").hops > 0 });
      return context.json({ object: "list", data: models.map(toModel) });
    },
  },
  {
    method: "get",
    path: "/v1/models/:id{.+}",
    summary: "Describe a model",
    group: "OpenAI",
    access: "key",
    answers: "application/json",
    handle: async (context, deps) =>
      context.json(toModel(await findModel(deps.engine, context.req.param("id")))),
  },
];

/** The file's word where the model was never loaded; the length that is served is known once it was. */
function toModel(entry: ModelEntry) {
  const { description, summary } = entry;
  const { capabilities } = description ?? summary;
  return {
    id: entry.id,
    object: "model",
    created: entry.createdAtSeconds,
    owned_by: "hearth",
    state: entry.state,
    ...(entry.lastError === undefined ? {} : { error: entry.lastError }),
    ...(description
      ? { context_window: description.contextTokens, max_output_tokens: description.contextTokens }
      : {}),
    capabilities,
    meta: {
      architecture: summary.architecture,
      n_params: summary.parameters,
      quantization: summary.quantisation,
      n_embd: summary.embeddingLength,
      n_ctx_train: summary.trainedContextTokens,
      ...(description ? { size: description.sizeBytes, n_vocab: description.vocabularySize } : {}),
    },
  };
}
