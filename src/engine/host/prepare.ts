/** Turns a request into tokens, sampler options and the way its answer is read; refuses what cannot be served. */
import { AppError } from "../../base/index.ts";
import type { ChatInput, GenerateRequest, JsonObject, Message, Tool } from "../../contract/index.ts";
import type { AdapterSet, AdapterTable } from "./adapters.ts";
import type { AnswerParser, Backend, GrammarOptions, RenderedChat, SamplerOptions } from "./backend.ts";

export type PreparedRequest = {
  readonly tokens: Int32Array;
  /** Prompt and answer together. */
  readonly maxLength: number;
  readonly adapters: AdapterSet;
  readonly stops: readonly string[];
  readonly preservedTokens: ReadonlySet<number>;
  readonly createParser: (() => AnswerParser) | undefined;
  /** Sampler options of one choice; each choice has its own seed. */
  readonly samplerOptions: (choice: number) => SamplerOptions;
};

export type PrepareDeps = {
  readonly backend: Backend;
  readonly contextTokens: number;
  readonly adapters: AdapterTable;
};

/** What llama-common takes for a budget without end. */
const noBudget = -1;
const noTokens: ReadonlySet<number> = new Set();

/** Throws AppError invalid_request or context_limit_exceeded; does no inference, but may load an adapter. */
export function prepareRequest(loaded: PrepareDeps, request: GenerateRequest): PreparedRequest {
  const contextTokens = Math.min(loaded.contextTokens, request.contextTokens ?? loaded.contextTokens);
  const deps = { ...loaded, contextTokens };
  const { backend } = deps;
  if (!backend.model.capabilities.generate) {
    throw new AppError(
      "invalid_request",
      `${request.model} does not generate text; it serves ${backend.model.capabilities.rerank ? "rerank" : "embeddings"} only`,
    );
  }
  const chat = request.input.type === "chat" ? renderChat(backend, request, request.input) : undefined;
  const tokens = chat ? tokenizePrompt(backend, chat.prompt) : promptTokens(backend, request);
  const maxLength = checkLength(tokens.length, contextTokens, request.maxTokens);
  const grammar = chat ? chat.grammar : plainGrammar(backend, request);
  const firstSeed = request.sampling.seed ?? randomSeed();
  return {
    tokens,
    maxLength,
    adapters: deps.adapters.resolve(request.adapters),
    stops: [...request.stop, ...(chat?.stops ?? [])],
    preservedTokens: chat?.preservedTokens ?? noTokens,
    createParser: chat?.createParser,
    samplerOptions: (choice) =>
      createSamplerOptions(backend, request, { chat, grammar, seed: firstSeed + choice }),
  };
}

/** The prompt text that `prepareRequest` would evaluate for a chat. */
export function renderPrompt(backend: Backend, request: GenerateRequest): string {
  if (request.input.type !== "chat")
    throw new AppError("invalid_request", "a template applies to messages only");
  return renderChat(backend, request, request.input).prompt;
}

function renderChat(backend: Backend, request: GenerateRequest, input: ChatInput): RenderedChat {
  const { renderedPrompt } = input;
  if (renderedPrompt === undefined) return applyTemplate(backend, request, input);
  return { ...describeAnswer(backend, request, input), prompt: withoutBos(backend, renderedPrompt) };
}

/** What the answer to a prompt that was rendered elsewhere looks like: its grammar, its parser, where it ends. */
function describeAnswer(backend: Backend, request: GenerateRequest, input: ChatInput): RenderedChat {
  const callsTools = input.tools.length > 0 && input.toolChoice !== "none";
  if (backend.chat) {
    try {
      return applyTemplate(backend, request, input);
    } catch (error) {
      // The template may refuse turns that the prompt's own one takes; the form of an answer does not hang on them.
      if (callsTools || input.continueFinalMessage) throw error;
    }
  } else if (callsTools) {
    throw new AppError(
      "invalid_request",
      `${request.model} has no usable chat template, so nothing is known of how it calls tools; ask without tools`,
    );
  }
  return {
    prompt: "",
    grammar: plainGrammar(backend, request),
    generationPrompt: "",
    stops: [],
    preservedTokens: noTokens,
    reasoningTags: undefined,
    createParser: undefined,
  };
}

/** The tokeniser adds the token that begins a text, so its text must not stand there as well. */
function withoutBos({ model, piece }: Backend, prompt: string): string {
  if (!model.addsBos || model.bosToken === undefined) return prompt;
  const bos = Buffer.from(piece(model.bosToken, true)).toString("utf8");
  return bos !== "" && prompt.startsWith(bos) ? prompt.slice(bos.length) : prompt;
}

function applyTemplate(backend: Backend, request: GenerateRequest, input: ChatInput): RenderedChat {
  if (!backend.chat) {
    throw new AppError(
      "invalid_request",
      `${request.model} has no usable chat template (${backend.chatProblem ?? "it writes no text"}); ` +
        "use /v1/completions, or give one with --chat-template",
    );
  }
  const { reasoning } = input;
  const { constraint } = request;
  return backend.chat.render({
    messages: input.messages.map(toTemplateMessage),
    tools: input.tools.map(toTemplateTool),
    toolChoice: input.toolChoice,
    parallelToolCalls: input.parallelToolCalls,
    ...(reasoning.enabled !== undefined && { reasoningEnabled: reasoning.enabled }),
    ...(reasoning.effort !== undefined && { reasoningEffort: reasoning.effort }),
    reasoningFormat: reasoning.format,
    templateVariables: input.templateVariables,
    continueFinalMessage: input.continueFinalMessage,
    addGenerationPrompt: input.addGenerationPrompt,
    ...(constraint?.type === "json-schema" && { jsonSchema: JSON.stringify(constraint.schema) }),
    ...(constraint?.type === "grammar" && { grammar: constraint.grammar }),
  });
}

function promptTokens(backend: Backend, { input }: GenerateRequest): Int32Array {
  switch (input.type) {
    case "tokens":
      return checkTokens(input.tokens, backend.model.vocabularySize);
    case "infill":
      return infillTokens(backend, input.prefix, input.suffix);
    case "text":
      return tokenizePrompt(backend, input.text);
    case "chat":
      throw new AppError("server_error", "a chat is rendered before it is tokenised");
    default:
      return input satisfies never;
  }
}

function tokenizePrompt(backend: Backend, text: string): Int32Array {
  return backend.tokenize(text, { addSpecial: true, parseSpecial: true });
}

/** Throws where a token id is not in the vocabulary; the library would end the process over it. */
export function checkTokens(tokens: readonly number[], vocabularySize: number): Int32Array {
  const wrong = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabularySize);
  if (wrong !== undefined) {
    throw new AppError(
      "invalid_request",
      `token ${wrong} is not in the vocabulary (0 to ${vocabularySize - 1})`,
    );
  }
  return Int32Array.from(tokens);
}

function infillTokens(backend: Backend, prefix: string, suffix: string): Int32Array {
  const special = backend.model.infillTokens;
  if (!special) throw new AppError("invalid_request", "suffix: this model has no fill-in-the-middle tokens");
  const plain = { addSpecial: false, parseSpecial: false };
  const start = backend.model.addsBos && backend.model.bosToken !== undefined ? [backend.model.bosToken] : [];
  return Int32Array.from([
    ...start,
    special.prefix,
    ...backend.tokenize(prefix, plain),
    special.suffix,
    ...backend.tokenize(suffix, plain),
    special.middle,
  ]);
}

function checkLength(prompt: number, context: number, maxTokens: number | undefined): number {
  if (prompt === 0)
    throw new AppError("invalid_request", "the prompt is empty: it has no tokens to start from");
  const required = prompt + (maxTokens ?? 1);
  if (required > context) {
    const wish =
      maxTokens === undefined
        ? "which leaves no room for an answer"
        : `and with ${maxTokens} for the answer ${required}`;
    throw new AppError(
      "context_limit_exceeded",
      `the prompt has ${prompt} tokens, ${wish}, and this model's context holds ${context}; shorten the prompt${maxTokens === undefined ? "" : ", lower max_tokens"} or serve with a larger --ctx`,
      { details: { required, max: context, promptTokens: prompt } },
    );
  }
  return maxTokens === undefined ? context : required;
}

function createSamplerOptions(
  backend: Backend,
  request: GenerateRequest,
  {
    chat,
    grammar,
    seed,
  }: { chat: RenderedChat | undefined; grammar: GrammarOptions | undefined; seed: number },
): SamplerOptions {
  const budgetTokens = request.input.type === "chat" ? request.input.reasoning.budgetTokens : undefined;
  const tags = chat?.reasoningTags;
  return {
    sampling: { ...backend.model.recommendedSampling, ...request.sampling },
    seed: seed >>> 0,
    generationPrompt: chat?.generationPrompt ?? "",
    entropy: request.entropy,
    ...(grammar && { grammar }),
    ...(request.topLogprobs !== undefined && { topLogprobs: request.topLogprobs }),
    // A lazy grammar must not wake up inside the reasoning, so its sampler follows the tags even without a budget.
    ...(tags &&
      (budgetTokens !== undefined || grammar?.lazy) && {
        reasoningBudget: { tokens: budgetTokens ?? noBudget, startTag: tags.start, endTags: tags.ends },
      }),
  };
}

/** GBNF for a completion without a template. */
function plainGrammar(backend: Backend, { constraint }: GenerateRequest): GrammarOptions | undefined {
  if (!constraint) return undefined;
  const text =
    constraint.type === "grammar"
      ? constraint.grammar
      : backend.schemaToGrammar(JSON.stringify(constraint.schema));
  return { text, source: "user", lazy: false, triggers: [], preservedTokens: [] };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

function toTemplateMessage(message: Message): JsonObject {
  return {
    role: message.role,
    content: message.content,
    ...(message.reasoning !== undefined && { reasoning_content: message.reasoning }),
    ...(message.toolCallId !== undefined && { tool_call_id: message.toolCallId }),
    ...(message.name !== undefined && { name: message.name }),
    ...(message.toolCalls && {
      tool_calls: message.toolCalls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: call.arguments },
      })),
    }),
  };
}

function toTemplateTool(tool: Tool): JsonObject {
  return {
    type: "function",
    function: {
      name: tool.name,
      ...(tool.description !== undefined && { description: tool.description }),
      parameters: tool.parameters ?? { type: "object", properties: {} },
    },
  };
}
