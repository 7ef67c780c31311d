/** What a model's own settings add to a request, before it goes to the model's host. */
import { AppError } from "../../base/index.ts";
import type { ChatInput, GenerateInput, GenerateRequest, Message } from "../../contract/index.ts";
import type { ModelSettings } from "../record.ts";
import { findTemplate } from "./find-template.ts";
import { readOllamaParameters } from "./parameters.ts";
import { type OllamaTemplate, renderOllamaInfill, renderOllamaPrompt } from "./template.ts";

/** What PARAMETER asks of the loading of a model. */
export type LoadSettings = {
  readonly contextTokens?: number;
  readonly gpuLayers?: number;
  readonly threads?: number;
};

export function readLoadSettings({ parameters = {} }: ModelSettings): LoadSettings {
  const { contextTokens, gpuLayers, threads } = readOllamaParameters(parameters);
  return {
    ...(contextTokens !== undefined && { contextTokens }),
    ...(gpuLayers !== undefined && { gpuLayers }),
    ...(threads !== undefined && { threads }),
  };
}

/**
 * A request with the model's settings under its own: SYSTEM where the conversation does not begin with a system
 * message, MESSAGE turns before it, TEMPLATE for the prompt, PARAMETER where the request says nothing. To be applied
 * once. Throws AppError invalid_request where the template cannot render the request.
 */
export function applySettings(
  settings: ModelSettings,
  request: GenerateRequest,
  now: Date = new Date(),
): GenerateRequest {
  const model = readOllamaParameters(settings.parameters ?? {});
  const { maxTokens: wishedTokens, contextTokens: wishedContext, ...rest } = request;
  const maxTokens = wishedTokens ?? model.maxTokens;
  const contextTokens = wishedContext ?? model.contextTokens;
  return {
    ...rest,
    input: applyToInput(settings, request.input, now),
    sampling: { ...model.sampling, ...request.sampling },
    stop: request.stop.length > 0 ? request.stop : model.stop,
    ...(maxTokens !== undefined && maxTokens !== Number.POSITIVE_INFINITY && { maxTokens }),
    ...(contextTokens !== undefined && { contextTokens }),
  };
}

function applyToInput(settings: ModelSettings, input: GenerateInput, now: Date): GenerateInput {
  switch (input.type) {
    case "chat":
      return renderInput(
        settings,
        { ...input, messages: withDefaultMessages(settings, input.messages) },
        now,
      );
    case "infill": {
      const template = findTemplate(settings);
      if (!template?.uses.suffix || input.prefix === "" || input.suffix === "") return input;
      return { type: "text", text: renderOllamaInfill(template, { ...input, now }) };
    }
    case "text":
    case "tokens":
      return input;
    default:
      return input satisfies never;
  }
}

function withDefaultMessages(settings: ModelSettings, messages: readonly Message[]): readonly Message[] {
  const { system, messages: examples = [] } = settings;
  if (messages.length === 0) return messages;
  const isSystemMissing = system !== undefined && messages[0]?.role !== "system";
  return [
    ...(isSystemMissing ? [{ role: "system" as const, content: system }] : []),
    ...examples,
    ...messages,
  ];
}

/**
 * A conversation with `renderedPrompt` set, where the model has a TEMPLATE of its own. Throws AppError
 * invalid_request where that template has no place for something that the conversation needs.
 */
export function renderInput(settings: ModelSettings, input: ChatInput, now: Date = new Date()): ChatInput {
  const template = findTemplate(settings);
  if (!template) return input;
  checkTools(template, input);
  const renderedPrompt = renderOllamaPrompt(template, {
    messages: input.messages,
    tools: input.toolChoice === "none" ? [] : input.tools,
    addGenerationPrompt: input.addGenerationPrompt,
    continueFinalMessage: input.continueFinalMessage,
    now,
    ...readThinking(template, input),
  });
  return { ...input, renderedPrompt };
}

function checkTools({ uses }: OllamaTemplate, { tools, toolChoice, messages }: ChatInput): void {
  if (uses.tools) return;
  const hasTools = tools.length > 0 && toolChoice !== "none";
  const hasCalls = messages.some(({ role, toolCalls = [] }) => role === "tool" || toolCalls.length > 0);
  if (!hasTools && !hasCalls) return;
  throw new AppError(
    "invalid_request",
    "tools: this model does not support tools, its template (TEMPLATE, from Ollama) has no place for them; send none, or use another model",
  );
}

type Thinking = { readonly think?: boolean; readonly thinkLevel?: string };

/** As in Ollama, a model that can think does so unless told otherwise. */
function readThinking({ uses }: OllamaTemplate, { reasoning, templateVariables }: ChatInput): Thinking {
  const { enable_thinking: switched, ...others } = templateVariables;
  const names = Object.keys(others);
  if (names.length > 0) {
    throw new AppError(
      "invalid_request",
      `chat_template_kwargs: this model's template (TEMPLATE, from Ollama) does not know ${names.slice(0, 10).join(", ")}; leave them out`,
    );
  }
  const wish = reasoning.enabled ?? (typeof switched === "boolean" ? switched : undefined);
  const think = wish ?? (uses.thinking || undefined);
  return {
    ...(think !== undefined && { think }),
    ...(reasoning.effort !== undefined && { thinkLevel: reasoning.effort }),
  };
}
