import type { GenerateRequest, JsonObject } from "../../contract/index.ts";
import { refuseParameter } from "../refuse.ts";
import type { WireCall } from "../wire.ts";
import { type OpenaiDialect, toCommonFields } from "./chat-call.ts";

/** These servers end a text after 16 tokens where no limit is given; ours means none. */
const unlimitedTokens = 4_096;

/** A prompt that is no conversation. Throws AppError invalid_request for what the older route does not have. */
export function toTextCall(request: GenerateRequest, dialect: OpenaiDialect): WireCall {
  const { constraint, topLogprobs, maxTokens } = request;
  if (topLogprobs !== undefined)
    throw refuseParameter("logprobs", "an upstream tells them for chats alone; ask /v1/chat/completions");
  if (constraint && (constraint.type !== "grammar" || !dialect.isHearth))
    throw refuseParameter(
      "response_format",
      "an upstream takes it for chats alone; ask /v1/chat/completions",
    );
  const body = {
    ...toPrompt(request.input),
    ...toCommonFields(request, dialect),
    max_tokens: maxTokens ?? unlimitedTokens,
    ...(constraint?.type === "grammar" && { grammar: constraint.grammar }),
  };
  return { path: "/completions", body };
}

function toPrompt(input: GenerateRequest["input"]): JsonObject {
  switch (input.type) {
    case "text":
      return { prompt: input.text };
    case "tokens":
      return { prompt: input.tokens };
    case "infill":
      return { prompt: input.prefix, suffix: input.suffix };
    case "chat":
      throw refuseParameter("messages", "they are no text");
    default:
      return input satisfies never;
  }
}
