import { z } from "@hono/zod-openapi";
import type { GenerateRequest } from "../../contract/index.ts";
import type { ModelEntry } from "../../engine/index.ts";
import type { RequestOrigin } from "../answer.ts";
import { fromHearthFields, hearthShape } from "../hearth-fields.ts";
import { lazy } from "../lazy.ts";
import { fromGenerationFields, fromThink, generationShape } from "./generation-fields.ts";
import { fromMessages, messagesSchema } from "./messages.ts";
import { fromTools, toolsField } from "./tools.ts";

export const chatBodySchema = lazy(() =>
  z.looseObject({
    ...generationShape(),
    messages: messagesSchema().optional().describe("Without any the model is loaded, or unloaded"),
    tools: toolsField(),
    ...hearthShape(),
  }),
);

export type ChatBody = z.output<ReturnType<typeof chatBodySchema>>;

export type ReadRequest = { readonly request: GenerateRequest; readonly ignored: readonly string[] };

/** A last message of the assistant is begun for it and goes on. */
export function fromChatRequest(body: ChatBody, entry: ModelEntry, origin: RequestOrigin): ReadRequest {
  const fields = fromGenerationFields(body, origin, chatBodySchema().shape);
  const messages = fromMessages(body.messages ?? [], entry);
  const last = messages.at(-1);
  const continueFinalMessage = last?.role === "assistant" && last.content !== "" && !last.toolCalls;
  return {
    ignored: fields.ignored,
    request: {
      ...fields.request,
      ...fromHearthFields(body),
      input: {
        type: "chat",
        messages,
        tools: fromTools(body.tools),
        toolChoice: "auto",
        parallelToolCalls: true,
        reasoning: fromThink(body.think, entry),
        templateVariables: {},
        continueFinalMessage,
        addGenerationPrompt: !continueFinalMessage,
      },
    },
  };
}
