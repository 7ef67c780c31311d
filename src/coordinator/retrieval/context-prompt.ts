import type { GenerateInput } from "../../contract/index.ts";

/** A text and where it is from. */
export type ContextText = {
  readonly source: string;
  /** Of an uploaded file, whose source says nothing to a reader. */
  readonly filename?: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
};

/** What is looked up: the user's last message, or the whole of a plain prompt. Undefined where there is neither. */
export function findQuestion(input: GenerateInput): string | undefined {
  if (input.type === "text") return toQuestion(input.text);
  if (input.type !== "chat") return undefined;
  const last = input.messages.at(-1);
  return last?.role === "user" ? toQuestion(last.content) : undefined;
}

function toQuestion(text: string): string | undefined {
  return text.trim() === "" ? undefined : text;
}

/** The texts as `[1] name:1-9` and their content, before the question. The earlier conversation stays as it is. */
export function addContext(input: GenerateInput, texts: readonly ContextText[]): GenerateInput {
  const question = findQuestion(input);
  if (question === undefined || texts.length === 0) return input;
  const asked = `${formatContext(texts)}\n\nQuestion: ${question}`;
  if (input.type === "text") return { ...input, text: asked };
  if (input.type !== "chat") return input;
  const { messages } = input;
  const last = messages.at(-1);
  return last ? { ...input, messages: [...messages.slice(0, -1), { ...last, content: asked }] } : input;
}

export function formatContext(texts: readonly ContextText[]): string {
  return ["Context:", ...texts.map((text, place) => formatText(text, place + 1))].join("\n");
}

export function formatText(
  { source, filename = source, startLine, endLine, text }: ContextText,
  index: number,
): string {
  return `[${index}] ${filename}:${startLine}-${endLine}\n${text}`;
}
