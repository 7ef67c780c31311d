import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type {
  AnswerDelta,
  AnswerParser,
  ChatRenderRequest,
  ChatTemplates,
  GrammarOptions,
  RenderedChat,
} from "./backend.ts";
import { encodeText, type Native, type NativePointer, textLength } from "./symbols.ts";

export type LlamaChat = ChatTemplates & { free(): void };

/** What the shim makes of a chat request. */
type NativeRendering = {
  readonly prompt: string;
  readonly generationPrompt: string;
  readonly stops: readonly string[];
  readonly preservedTokens: readonly number[];
  readonly preservedTexts: readonly string[];
  readonly reasoningStart: string;
  readonly reasoningEnds: readonly string[];
  readonly grammar?: string;
  readonly grammarSource?: GrammarOptions["source"];
  readonly grammarLazy?: boolean;
  readonly grammarTriggers?: readonly JsonObject[];
  /** Absent where the answer is plain text. */
  readonly parser?: string;
};

/** Compiles the model's template, or the given one. Throws AppError invalid_request where there is none or it fails. */
export function createLlamaChat(native: Native, model: NativePointer, template = ""): LlamaChat {
  const { symbols, takeText, checkPointer } = native;
  const source = encodeText(template);
  const chat = checkPointer(symbols.hearth_chat_new(model, source, textLength(template, source)));
  const free = () => symbols.hearth_chat_free(chat);
  try {
    const facts = JSON.parse(takeText(symbols.hearth_chat_describe(chat))) as Pick<
      ChatTemplates,
      "supportsTools" | "supportsReasoning"
    >;
    return { ...facts, render: (request) => render(native, chat, request), free };
  } catch (error) {
    free();
    throw error;
  }
}

function render(native: Native, chat: NativePointer, request: ChatRenderRequest): RenderedChat {
  const json = encodeText(toWellFormedJson(request));
  const rendering = JSON.parse(renderNative(native, chat, json)) as NativeRendering;
  const { parser, reasoningStart, reasoningEnds } = rendering;
  return {
    prompt: rendering.prompt,
    generationPrompt: rendering.generationPrompt,
    stops: rendering.stops,
    preservedTokens: new Set(rendering.preservedTokens),
    grammar: toGrammar(rendering),
    reasoningTags: reasoningEnds.length === 0 ? undefined : { start: reasoningStart, ends: reasoningEnds },
    createParser: parser === undefined ? undefined : () => createAnswerParser(native, parser),
  };
}

/** Half surrogate pairs, which JavaScript strings may hold, become replacement characters. */
function toWellFormedJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes("\\ud")) return json;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? part.toWellFormed() : part));
}

/** What llama.cpp puts before the reason when a schema or a tool, not the template, is at fault. */
const misleadingPrefix =
  /^Unable to generate parser for this template\. Automatic parser generation failed: /;

function renderNative({ symbols, takeText }: Native, chat: NativePointer, json: Uint8Array): string {
  try {
    return takeText(symbols.hearth_chat_render(chat, json, json.length));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, error.message.replace(misleadingPrefix, ""), { cause: error });
  }
}

function toGrammar(rendering: NativeRendering): GrammarOptions | undefined {
  const { grammar, grammarSource = "output", grammarLazy = false, grammarTriggers = [] } = rendering;
  if (grammar === undefined) return undefined;
  return {
    text: grammar,
    source: grammarSource,
    lazy: grammarLazy,
    triggers: grammarTriggers,
    preservedTokens: rendering.preservedTexts,
  };
}

function createAnswerParser({ symbols, takeText, checkPointer }: Native, parser: string): AnswerParser {
  const json = encodeText(parser);
  let answer: NativePointer | undefined = checkPointer(symbols.hearth_answer_new(json, json.length));
  return {
    parse(text, { final }) {
      if (answer === undefined)
        throw new AppError("server_error", "an answer parser was used after it was freed");
      const bytes = encodeText(text);
      const size = symbols.hearth_answer_parse(answer, bytes, textLength(text, bytes), final ? 1 : 0);
      return JSON.parse(takeText(size)) as AnswerDelta[];
    },
    free() {
      if (answer !== undefined) symbols.hearth_answer_free(answer);
      answer = undefined;
    },
  };
}
