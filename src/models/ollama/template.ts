/** Ollama's prompt templates: Go's template language, run with Ollama's values and by Ollama's rules. */
import { AppError } from "../../base/index.ts";
import type { Message, Tool } from "../../contract/index.ts";
import { cutAfterResponse } from "./go-template/cut.ts";
import { evaluate } from "./go-template/evaluate.ts";
import { listNames } from "./go-template/names.ts";
import { parseTemplate } from "./go-template/parse.ts";
import type { Node, Template } from "./go-template/syntax.ts";
import { createMap, type GoValue } from "./go-template/values.ts";
import { toMessageValues, toToolValues } from "./template-values.ts";

export type OllamaTemplate = {
  readonly template: Template;
  /** The last turn of a template that renders turn by turn: it ends where the answer begins. */
  readonly openTurn: Template;
  readonly uses: TemplateUses;
};

export type TemplateUses = {
  /** Whether it renders a whole conversation; otherwise it is run once for each turn. */
  readonly messages: boolean;
  readonly tools: boolean;
  readonly suffix: boolean;
  readonly thinking: boolean;
};

export type PromptInput = {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  /** Absent: `.IsThinkSet` is false. */
  readonly think?: boolean;
  readonly thinkLevel?: string;
  /** Whether the prompt ends where the assistant goes on. Ollama's templates know no other end. */
  readonly addGenerationPrompt: boolean;
  /** Whether the last message, the assistant's, is to be gone on with. */
  readonly continueFinalMessage: boolean;
  /** For `currentDate`. */
  readonly now: Date;
};

/** What a template without a place for the answer ends with. */
const responseNode: Node = {
  type: "action",
  position: 0,
  pipeline: {
    position: 0,
    variables: [],
    isAssignment: false,
    commands: [{ position: 0, operands: [{ type: "field", position: 0, names: ["Response"] }] }],
  },
};

/** Throws AppError invalid_request, with line and column, where the text is no template. */
export function parseOllamaTemplate(text: string): OllamaTemplate {
  const parsed = parseTemplate(text);
  const names = listNames(parsed);
  const isComplete = names.has("messages") || names.has("response");
  const template = isComplete ? parsed : { ...parsed, root: [...parsed.root, responseNode] };
  return {
    template,
    openTurn: { ...template, root: cutAfterResponse(template.root) },
    uses: {
      messages: names.has("messages"),
      tools: names.has("tools"),
      suffix: names.has("suffix"),
      thinking: names.has("thinking") || names.has("think") || names.has("thinklevel"),
    },
  };
}

/** The prompt for a conversation. Throws AppError invalid_request where the template cannot render it. */
export function renderOllamaPrompt(template: OllamaTemplate, input: PromptInput): string {
  const last = input.messages.at(-1);
  if (input.continueFinalMessage && last?.role !== "assistant") {
    throw new AppError("invalid_request", "only a last message of the assistant can be continued");
  }
  if (!input.addGenerationPrompt && last?.role !== "assistant") {
    const message =
      "this model's template (TEMPLATE, from Ollama) always opens the answer; leave add_generation_prompt at true";
    throw new AppError("invalid_request", message);
  }
  return input.continueFinalMessage && last ? renderOpen(template, input, last) : render(template, input);
}

function render(template: OllamaTemplate, input: PromptInput): string {
  return template.uses.messages ? renderWhole(template, input) : renderTurns(template, input);
}

/** The prompt for text to put between two others; only for templates that use `.Suffix`. */
export function renderOllamaInfill(
  { template }: OllamaTemplate,
  { prefix, suffix, now }: { readonly prefix: string; readonly suffix: string; readonly now: Date },
): string {
  const data = { Prompt: prefix, Suffix: suffix, Response: "", ...thinkValues({}) };
  return evaluate(template, createMap(Object.entries(data)), { now });
}

function thinkValues({ think, thinkLevel }: Pick<PromptInput, "think" | "thinkLevel">) {
  return { Think: think ?? false, ThinkLevel: thinkLevel ?? "", IsThinkSet: think !== undefined };
}

function renderWhole({ template }: OllamaTemplate, input: PromptInput): string {
  const messages = collate(input.messages);
  const system = input.messages.filter(({ role }) => role === "system").map(({ content }) => content);
  const data: Record<string, GoValue> = {
    System: system.join("\n\n"),
    Messages: toMessageValues(messages),
    Tools: toToolValues(input.tools),
    Response: "",
    ...thinkValues(input),
  };
  return evaluate(template, createMap(Object.entries(data)), input);
}

type Turn = { readonly System: string; readonly Prompt: string; readonly Response: string };

const emptyTurn: Turn = { System: "", Prompt: "", Response: "" };

/** A turn is a system message, a prompt and an answer, each of which may be missing. */
function renderTurns({ template, openTurn }: OllamaTemplate, input: PromptInput): string {
  const run = (which: Template, turn: Turn) =>
    evaluate(which, createMap(Object.entries({ ...turn, ...thinkValues(input) })), input);
  const texts: string[] = [];
  let turn = emptyTurn;
  for (const { role, content } of collate(input.messages)) {
    const isOver =
      role === "system"
        ? turn.Prompt !== "" || turn.Response !== ""
        : role === "user" && turn.Response !== "";
    if (isOver) {
      texts.push(run(template, turn));
      turn = emptyTurn;
    }
    if (role === "system") turn = { ...turn, System: content };
    if (role === "user") turn = { ...turn, Prompt: content };
    if (role === "assistant") turn = { ...turn, Response: content };
  }
  return texts.join("") + run(openTurn, turn);
}

/** Messages of one role in a row become one, those of tools excepted. Calls and reasoning are kept, unlike in Ollama. */
function collate(messages: readonly Message[]): readonly Message[] {
  const collated: Message[] = [];
  for (const message of messages) {
    const before = collated.at(-1);
    if (before?.role !== message.role || message.role === "tool") collated.push(message);
    else collated[collated.length - 1] = merge(before, message);
  }
  return collated;
}

function merge(a: Message, b: Message): Message {
  const reasoning = joinTexts(a.reasoning ?? "", b.reasoning ?? "");
  const toolCalls = [...(a.toolCalls ?? []), ...(b.toolCalls ?? [])];
  return {
    ...a,
    content: joinTexts(a.content, b.content),
    ...(reasoning !== "" && { reasoning }),
    ...(toolCalls.length > 0 && { toolCalls }),
  };
}

function joinTexts(a: string, b: string): string {
  return a === "" || b === "" ? a + b : `${a}\n\n${b}`;
}

/**
 * Templates that close the assistant's turn, or open another, are cut where its text ends. Their own text may be like
 * it, so that a second prompt, with a mark behind it, shows where that is.
 */
function renderOpen(template: OllamaTemplate, input: PromptInput, last: Message): string {
  const prompt = render(template, input);
  const text = last.content.trim();
  if (text === "") return prompt;
  // Nobody can guess it, and so write it into a message.
  const mark = `\u{E000}${crypto.randomUUID()}\u{E000}`;
  const shown = last.content.trimEnd();
  const spaces = last.content.slice(shown.length);
  const marked = { ...last, content: shown + mark + spaces };
  const markedPrompt = render(template, { ...input, messages: [...input.messages.slice(0, -1), marked] });
  const parts = markedPrompt.split(mark);
  const end = prompt.length - (parts.at(-1) ?? "").length;
  const isShown = parts.length > 1 && parts.join("") === prompt;
  if (!isShown || !prompt.slice(0, end).endsWith(text.toWellFormed())) {
    throw new AppError(
      "invalid_request",
      "this model's template does not show the assistant's last message as it is, so that it cannot be continued",
    );
  }
  return prompt.slice(0, prompt.startsWith(spaces, end) ? end + spaces.length : end);
}
