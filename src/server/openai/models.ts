import type { ModelEntry } from "../../engine/index.ts";
import type { Route } from "../route.ts";
import { findModel } from "./find-model.ts";

export const modelRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/models",
    summary: "List the models",
    group: "OpenAI",
    access: "key",
    answers: "application/json",
    handle: (context, deps) => context.json({ object: "list", data: deps.engine.models().map(toModel) }),
  },
  {
    method: "get",
    path: "/v1/models/:id{.+}",
    summary: "Describe a model",
    group: "OpenAI",
    access: "key",
    answers: "application/json",
    handle: (context, deps) => context.json(toModel(findModel(deps.engine, context.req.param("id")))),
  },
];

function toModel(entry: ModelEntry) {
  const { description } = entry;
  return {
    id: entry.id,
    object: "model",
    created: entry.createdAtSeconds,
    owned_by: "hearth",
    state: entry.state,
    ...(description
      ? {
          context_window: description.contextTokens,
          max_output_tokens: description.contextTokens,
          capabilities: description.capabilities,
          meta: {
            architecture: description.architecture,
            n_params: description.parameters,
            size: description.sizeBytes,
            n_vocab: description.vocabularySize,
            n_embd: description.embeddingLength,
            n_ctx_train: description.trainedContextTokens,
          },
        }
      : {}),
  };
}
