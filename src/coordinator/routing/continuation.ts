import type { ChatInput, GenerateEvent, GenerateRequest } from "../../contract/index.ts";
import { estimateTokens } from "../input-text.ts";
import type { Target } from "./target.ts";

/** What a client has of an answer, so that another model can go on where one broke off. */
export type Sent = {
  /** Takes note of an event that is passed on; false for one that the client has had already. */
  note(event: GenerateEvent): boolean;
  /** Of the first choice. */
  readonly text: string;
  /** Whether nothing of the answer itself has been passed on. */
  readonly isEmpty: boolean;
  /** Whether all that was passed on is text, which a model can be given to go on from. */
  readonly isPlain: boolean;
  /** Pieces of text: each was at least a token. */
  readonly pieces: number;
};

export function createSent(): Sent {
  let text = "";
  let pieces = 0;
  let isEmpty = true;
  let isPlain = true;
  const opened = new Set<GenerateEvent["type"]>();
  return {
    note(event) {
      if (isOpening(event)) {
        const isNew = !opened.has(event.type) && isEmpty;
        opened.add(event.type);
        return isNew;
      }
      isEmpty = false;
      if (event.type === "text" && event.choice === 0) {
        text += event.text;
        pieces += 1;
      } else if (event.type !== "done") isPlain = false;
      return true;
    },
    get text() {
      return text;
    },
    get isEmpty() {
      return isEmpty;
    },
    get isPlain() {
      return isPlain;
    },
    get pieces() {
      return pieces;
    },
  };
}

/** What comes before an answer itself. */
export function isOpening({ type }: GenerateEvent): boolean {
  return type === "started" || type === "prompt-logprobs";
}

/** Whether the target goes on with the answer; some servers take it for a finished turn and would say it again. */
export function canGoOn(request: GenerateRequest, sent: Sent, target: Target): boolean {
  if (!sent.isPlain || sent.text === "" || !isContinuable(request)) return false;
  if (target.kind === "local") return true;
  return target.upstream.refusal({ ...goOnFrom(request, sent), model: target.model }) === undefined;
}

function isContinuable({ input, constraint, choices, topLogprobs, conversation }: GenerateRequest): boolean {
  if (constraint || conversation || choices !== 1 || topLogprobs !== undefined) return false;
  return input.type === "text" || (input.type === "chat" && input.tools.length === 0);
}

/** The request for the rest of the answer. */
export function goOnFrom(request: GenerateRequest, { text, pieces }: Sent): GenerateRequest {
  const { input, maxTokens } = request;
  const written = Math.max(pieces, estimateTokens(text));
  return {
    ...request,
    ...(input.type === "chat" && { input: withAnswer(input, text) }),
    ...(input.type === "text" && { input: { ...input, text: input.text + text } }),
    ...(maxTokens !== undefined && { maxTokens: Math.max(1, maxTokens - written) }),
  };
}

function withAnswer(input: ChatInput, text: string): ChatInput {
  const { messages, renderedPrompt } = input;
  const last = messages.at(-1);
  const begun = input.continueFinalMessage && last?.role === "assistant" ? last : undefined;
  return {
    ...input,
    messages: begun
      ? [...messages.slice(0, -1), { ...begun, content: begun.content + text }]
      : [...messages, { role: "assistant", content: text }],
    continueFinalMessage: true,
    addGenerationPrompt: false,
    ...(renderedPrompt !== undefined && { renderedPrompt: renderedPrompt + text }),
  };
}
