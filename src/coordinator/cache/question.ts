import { hashText } from "../../base/index.ts";
import type { ChatInput, GenerateRequest, Message } from "../../contract/index.ts";

/** Longer questions are compared letter by letter alone: neither vectors nor the guard tell much of them. */
export const maxComparedCharacters = 10_000;

/** What of a request is looked up. */
export type Question = {
  readonly text: string;
  /** Why only the same question may be answered from the cache; absent: one of the same meaning may too. */
  readonly exactOnly?: string;
};

export type QuestionReading =
  | { readonly cacheable: true; readonly question: Question }
  | { readonly cacheable: false; readonly reason: string };

/** Finds the question, or why no stored answer can be one to this request. */
export function readQuestion(request: GenerateRequest): QuestionReading {
  const { input } = request;
  const reason = findHindrance(request);
  if (reason !== undefined) return { cacheable: false, reason };
  if (input.type === "chat") return readChat(input);
  if (input.type !== "text") return { cacheable: false, reason: "the prompt is no text" };
  const exactOnly = "a text that is to be continued is compared letter by letter";
  return { cacheable: true, question: { text: input.text, exactOnly } };
}

function readChat(input: ChatInput): QuestionReading {
  const last = input.messages.at(-1);
  if (last?.role !== "user") return { cacheable: false, reason: "the last message is not the user's" };
  if (input.messages.some(usesTools)) return { cacheable: false, reason: "tools were used before" };
  const text = last.content;
  const exactOnly =
    input.renderedPrompt !== undefined
      ? "a prompt that was rendered elsewhere is compared letter by letter"
      : text.length > maxComparedCharacters
        ? `a question of more than ${maxComparedCharacters} characters is compared letter by letter`
        : undefined;
  return { cacheable: true, question: { text, ...(exactOnly !== undefined && { exactOnly }) } };
}

function usesTools({ role, toolCalls }: Message): boolean {
  return role === "tool" || (toolCalls?.length ?? 0) > 0;
}

function findHindrance(request: GenerateRequest): string | undefined {
  const { input, caching } = request;
  if (input.type === "chat" && input.tools.length > 0) return "the request has tools";
  if (input.type === "chat" && input.continueFinalMessage) return "it continues an answer";
  if (request.choices > 1) return "it asks for more than one answer";
  if (request.topLogprobs !== undefined || request.entropy || request.promptLogprobs)
    return "it asks for probabilities";
  if (request.judging?.trajectory) return "it asks how sure the model is";
  if (request.conversation) return "it asks for its turn as tokens";
  if (request.maxTokens === 0) return "it asks for no answer";
  const { temperature, seed } = request.sampling;
  if (caching === "exact" && temperature !== 0 && seed === undefined)
    return "the answer is drawn at random: give temperature 0 or a seed, or ask for the cache mode semantic";
  return undefined;
}

/**
 * The question without what never changes its meaning: Unicode composition, line ends, space at the ends of lines, and,
 * within one line of plain words, runs of spaces. Indents and capitals can change it, so they stay.
 */
export function normaliseQuestion(text: string): string {
  const lines = text
    .normalize("NFC")
    .replace(/\r\n?/g, "\n")
    .replace(/[ \t]+$/gm, "")
    .trim();
  return /[\n`"']/.test(lines) ? lines : lines.replace(/[ \t\u00a0]+/g, " ");
}

/** Hexadecimal. */
export function hashQuestion(text: string): string {
  return hashText(normaliseQuestion(text));
}
