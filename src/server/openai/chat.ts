import type { GenerateEvent } from "../../contract/index.ts";
import { beginRequest, noteUsage, streamAnswer } from "../answer.ts";
import { answerEvents } from "../answer-events.ts";
import { readBody } from "../body.ts";
import { collectAnswer } from "../collect.ts";
import { findModel } from "../find-model.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { describeAnswer, toStreamCodec } from "./answer.ts";
import { chatBodySchema, fromChatRequest } from "./chat-request.ts";
import { createChatEncoder, toChatCompletion } from "./chat-response.ts";
import { findIgnoredFields } from "./generation-fields.ts";

export const chatRoute: Route = {
  method: "post",
  path: "/v1/chat/completions",
  summary: "Answer a conversation",
  group: "OpenAI",
  access: "key",
  body: chatBodySchema,
  answers: "application/json",
  streams: "text/event-stream",
  handle: handleChat,
};

async function handleChat(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, chatBodySchema());
  const scope = context.get("scope");
  scope.ignored = findIgnoredFields(body, chatBodySchema().shape);
  const entry = await findModel(deps.engine, body.model);
  const request = fromChatRequest(body, beginRequest(context, entry, "chatcmpl"));
  const format = {
    ...describeAnswer(deps, entry, request.id),
    hasLogprobs: request.topLogprobs !== undefined,
    includesUsage: body.stream_options?.include_usage ?? false,
    includesTimings: body.timings_per_token ?? false,
    readReceipt: () => scope.receipt,
    usesFunctions: body.functions !== undefined && body.tools === undefined,
  };
  const events = answerEvents(deps.pipeline, request, scope, scope.abort.signal);
  if (!body.stream) {
    const answer = await collectAnswer(events, request.choices);
    scope.usage = answer.usage;
    return context.json(toChatCompletion(answer, format));
  }
  const encode = createChatEncoder(format, request.choices);
  const codec = toStreamCodec((event: GenerateEvent) => {
    noteUsage(scope, event);
    return encode(event);
  });
  return streamAnswer(context, deps, events, codec);
}
