import { AppError } from "../base/index.ts";
import type { Conversation, GenerateInput, GenerateRequest } from "../contract/index.ts";
import type { ModelHost } from "./model-host.ts";

/** A turn with its answer, as the template writes a conversation that goes on. */
export function closeTurn(turn: GenerateInput, answer: string): GenerateInput {
  if (turn.type === "text") return { type: "text", text: turn.text + answer };
  if (turn.type !== "chat") return turn;
  const messages = [...turn.messages, { role: "assistant" as const, content: answer }];
  return { ...turn, messages, addGenerationPrompt: false };
}

/**
 * Tokens of the earlier turns and the closed one, in a host that is held already. Undefined where they cannot be told,
 * as by a template that refuses to write this answer: the answer stands, but cannot be gone on from.
 */
export async function tellConversation(
  host: ModelHost,
  closed: GenerateRequest,
  { earlier }: Conversation,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  try {
    const text = await render(host, closed, signal);
    const special = { addSpecial: earlier.length === 0, parseSpecial: true };
    const { tokens } = await host.call({ type: "tokenize", text, ...special }, "tokens", signal);
    return [...earlier, ...tokens];
  } catch (error) {
    if (error instanceof AppError && !signal.aborted) return undefined;
    throw error;
  }
}

async function render(host: ModelHost, request: GenerateRequest, signal: AbortSignal): Promise<string> {
  if (request.input.type === "text") return request.input.text;
  return (await host.call({ type: "render", request }, "text", signal)).text;
}
