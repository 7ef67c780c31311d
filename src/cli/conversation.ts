import { createId, toAppError } from "../base/index.ts";
import type {
  ContextReceipt,
  FinishReason,
  GenerateEvent,
  GenerateInput,
  GenerateRequest,
  Message,
  ModelDescription,
  Usage,
} from "../contract/index.ts";
import type { CliApp } from "./deps.ts";
import type { Settings } from "./settings.ts";

export type AnswerPiece =
  | { readonly type: "text" | "reasoning"; readonly text: string }
  /** What the answer was given to rest on; before its text. */
  | { readonly type: "context"; readonly context: ContextReceipt };

export type AnswerEnd = { readonly reason: FinishReason | undefined; readonly usage: Usage | undefined };

/** The messages of one chat with one model. */
export type Conversation = {
  /**
   * Asks and yields the answer as it comes. What was answered is kept, up to an abort too; a question that failed
   * leaves no trace.
   */
  ask(
    prompt: string,
    settings: Settings,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPiece, AnswerEnd, undefined>;
  clear(): void;
  readonly messages: readonly Message[];
};

export function createConversation(app: Pick<CliApp, "generate">, model: ModelDescription): Conversation {
  let messages: readonly Message[] = [];

  async function* ask(
    prompt: string,
    settings: Settings,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPiece, AnswerEnd, undefined> {
    const asked: readonly Message[] = [...messages, { role: "user", content: prompt }];
    let answer = "";
    let reason: FinishReason | undefined;
    let usage: Usage | undefined;
    try {
      for await (const event of app.generate(createRequest(model, asked, settings), signal)) {
        if (event.type === "receipt") {
          const { context } = event.receipt;
          if (context) yield { type: "context", context };
          continue;
        }
        const piece = toPiece(event);
        if (piece?.type === "text") answer += piece.text;
        if (piece) yield piece;
        if (event.type === "finish") reason = event.reason;
        else if (event.type === "done") usage = event.usage;
      }
      return { reason, usage };
    } catch (error) {
      if (toAppError(error).code !== "cancelled") answer = "";
      throw error;
    } finally {
      if (answer !== "") messages = [...asked, { role: "assistant", content: answer }];
    }
  }
  return {
    ask,
    clear: () => {
      messages = [];
    },
    get messages() {
      return messages;
    },
  };
}

function toPiece(event: GenerateEvent): AnswerPiece | undefined {
  if (event.type === "text" || event.type === "reasoning") return { type: event.type, text: event.text };
  return undefined;
}

function createRequest(
  model: ModelDescription,
  messages: readonly Message[],
  settings: Settings,
): GenerateRequest {
  return {
    id: createId("run"),
    model: model.id,
    input: createInput(model, messages, settings.system),
    sampling: settings.sampling,
    stop: [],
    choices: 1,
    entropy: false,
    promptLogprobs: false,
    priority: "interactive",
    tenant: "local",
    cachePrompt: true,
    ...(settings.maxTokens !== undefined && { maxTokens: settings.maxTokens }),
    ...(settings.adapters && { adapters: settings.adapters }),
    ...(settings.collections && { retrieval: { collections: settings.collections } }),
  };
}

/** A model without a chat template continues the text of the conversation. */
function createInput(
  model: ModelDescription,
  messages: readonly Message[],
  system: string | undefined,
): GenerateInput {
  const all: readonly Message[] =
    system === undefined ? messages : [{ role: "system", content: system }, ...messages];
  if (!model.capabilities.chat) return { type: "text", text: all.map((message) => message.content).join("") };
  return {
    type: "chat",
    messages: all,
    tools: [],
    toolChoice: "none",
    parallelToolCalls: false,
    reasoning: { format: "split" },
    templateVariables: {},
    continueFinalMessage: false,
    addGenerationPrompt: true,
  };
}
