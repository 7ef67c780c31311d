import { AppError, createId } from "../base/index.ts";
import type { AnswerEvent, GenerateRequest } from "../contract/index.ts";
import type { Engine } from "../engine/index.ts";
import type { GuestModels } from "../plugin-host/index.ts";

export type GuestModelsOptions = {
  /** The one path of a request. */
  readonly generate: (request: GenerateRequest, signal: AbortSignal) => AsyncIterable<AnswerEvent>;
  readonly engine: Pick<Engine, "embed" | "find">;
  /** Asked where a plugin names none. */
  readonly defaultModel: string | undefined;
};

/** A plugin reaches other machines by hosts that it was granted, not by way of models. */
const stays = "local" as const;

/** The same of models that are only opened when a plugin asks. */
export function createLazyGuestModels(open: () => Promise<GuestModelsOptions>): GuestModels {
  const models = async () => createGuestModels(await open());
  return {
    generate: async (...asked) => await (await models()).generate(...asked),
    embed: async (...asked) => await (await models()).embed(...asked),
  };
}

/** The models as plugins ask them: by the path that every request takes, each plugin a tenant of its own. */
export function createGuestModels({ generate, engine, defaultModel }: GuestModelsOptions): GuestModels {
  return {
    async generate(asked, { plugin, depth }, signal) {
      const model = asked.model ?? defaultModel;
      if (model === undefined) {
        throw new AppError("model_not_found", "the plugin named no model, and none is configured");
      }
      const { messages, temperature, seed, schema, maxTokens, mostTokens, stop } = asked;
      const request: GenerateRequest = {
        ...{ id: createId("plugin"), model, stop, depth, tenant: `plugin-${plugin}` },
        input: {
          ...{ type: "chat", messages, tools: [], toolChoice: "none", parallelToolCalls: false },
          ...{ reasoning: { format: "split" }, templateVariables: {} },
          ...{ continueFinalMessage: false, addGenerationPrompt: true },
        },
        ...(maxTokens !== undefined && { maxTokens }),
        sampling: { ...(temperature !== undefined && { temperature }), ...(seed !== undefined && { seed }) },
        ...(schema !== undefined && { constraint: { type: "json-schema", schema } }),
        ...{ choices: 1, entropy: false, promptLogprobs: false, priority: "interactive", cachePrompt: true },
        privacy: stays,
      };
      return await collect(generate(request, signal), mostTokens);
    },
    async embed({ model, texts }, { plugin }, signal) {
      const { id } = await engine.find(model);
      const request = { model: id, inputs: texts, tenant: `plugin-${plugin}`, privacy: stays };
      const { vectors, promptTokens } = await engine.embed(request, signal);
      return { vectors: vectors.map((vector) => [...vector]), promptTokens };
    },
  };
}

/** Each event of text is a token or less; leaving the events ends the generation. */
async function collect(events: AsyncIterable<AnswerEvent>, mostTokens: number) {
  let pieces = 0;
  let text = "";
  let finishReason = "stop";
  let usage = { promptTokens: 0, completionTokens: 0 };
  for await (const event of events) {
    if (event.type === "text") {
      text += event.text;
      pieces += 1;
      if (pieces < mostTokens) continue;
      return { text, promptTokens: usage.promptTokens, completionTokens: pieces, finishReason: "length" };
    }
    if (event.type === "started") usage = { promptTokens: event.promptTokens, completionTokens: 0 };
    else if (event.type === "finish") finishReason = event.reason;
    else if (event.type === "done") usage = event.usage;
  }
  const { promptTokens, completionTokens } = usage;
  return { text, promptTokens, completionTokens, finishReason };
}
