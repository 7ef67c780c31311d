/**
 * `context` of `/api/generate`: the tokens of what was said so far, which a client gives back to go on. Ollama calls it
 * deprecated and still answers it.
 */
import { AppError } from "../../base/index.ts";
import type { ChatInput, GenerateRequest } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";
import type { AnswerPart } from "./answer-parts.ts";

type Tokens = readonly number[];

/** The request with an earlier conversation before its own turn. */
export async function withContext(
  engine: Engine,
  request: GenerateRequest,
  earlier: Tokens,
): Promise<GenerateRequest> {
  const turn = await tokenizePrompt(engine, request, { isFirst: false });
  return { ...request, input: { type: "tokens", tokens: [...earlier, ...turn] } };
}

/** Adds the tokens of the whole conversation to the end of an answer. */
export async function* addContext(
  parts: AsyncIterable<AnswerPart>,
  engine: Engine,
  request: GenerateRequest,
  earlier: Tokens,
): AsyncGenerator<AnswerPart> {
  let text = "";
  for await (const part of parts) {
    if (part.type === "delta") text += part.text;
    if (part.type !== "end") yield part;
    else {
      const turn = await tokenizeTurn(engine, closeTurn(request, text), { isFirst: earlier.length === 0 });
      yield turn ? { ...part, context: [...earlier, ...turn] } : part;
    }
  }
}

/** The turn with its answer, as the template writes a conversation that goes on. */
function closeTurn(request: GenerateRequest, answer: string): GenerateRequest {
  const { input } = request;
  if (input.type === "text") return { ...request, input: { type: "text", text: input.text + answer } };
  return input.type === "chat" ? { ...request, input: addAnswer(input, answer) } : request;
}

function addAnswer(input: ChatInput, answer: string): ChatInput {
  return {
    ...input,
    messages: [...input.messages, { role: "assistant", content: answer }],
    addGenerationPrompt: false,
  };
}

/** Undefined where the template refuses to write this answer: it stands, but cannot be gone on from. */
async function tokenizeTurn(
  engine: Engine,
  request: GenerateRequest,
  options: { readonly isFirst: boolean },
): Promise<Tokens | undefined> {
  try {
    return await tokenizePrompt(engine, request, options);
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") return undefined;
    throw error;
  }
}

async function tokenizePrompt(
  engine: Engine,
  request: GenerateRequest,
  { isFirst }: { readonly isFirst: boolean },
): Promise<Tokens> {
  const { input } = request;
  const text = input.type === "text" ? input.text : await engine.applyTemplate(request);
  const { tokens } = await engine.tokenize(request.model, text, { addSpecial: isFirst, parseSpecial: true });
  return tokens;
}
