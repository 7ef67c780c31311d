import { streamAnswer } from "../answer.ts";
import { answerEvents } from "../answer-events.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { beginAnswer, createAnswerFormat, noteParts, readOllamaBody } from "./answer.ts";
import { collectParts, readParts } from "./answer-parts.ts";
import { chatBodySchema, fromChatRequest } from "./chat-request.ts";
import { createChatCodec, toChatAnswer, toChatResidency } from "./chat-response.ts";
import { changeResidency } from "./residency.ts";

export const chatRoute: Route = {
  method: "post",
  path: "/api/chat",
  summary: "Answer a conversation",
  group: "Ollama",
  access: "key",
  body: chatBodySchema,
  answers: "application/json",
  streams: "application/x-ndjson",
  handle: handleChat,
};

async function handleChat(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readOllamaBody(context, chatBodySchema());
  const scope = context.get("scope");
  const { entry, origin } = await beginAnswer(context, deps, body.model);
  const { request, ignored } = fromChatRequest(body, entry, origin);
  scope.ignored = ignored;
  const format = createAnswerFormat(context, deps, body.model ?? entry.id, request);
  if (!body.messages || body.messages.length === 0) {
    return context.json(
      toChatResidency(format, await changeResidency(deps, entry, request, scope.abort.signal)),
    );
  }
  const parts = noteParts(readParts(answerEvents(deps.pipeline, request, scope, scope.abort.signal)), scope);
  if (body.stream === false) return context.json(toChatAnswer(await collectParts(parts), format));
  return streamAnswer(context, deps, parts, createChatCodec(format));
}
