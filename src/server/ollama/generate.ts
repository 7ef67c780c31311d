import type { GenerateRequest } from "../../contract/index.ts";
import { streamAnswer } from "../answer.ts";
import { answerEvents } from "../answer-events.ts";
import type { AppContext, RequestScope } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { beginAnswer, createAnswerFormat, noteParts, readOllamaBody } from "./answer.ts";
import { type AnswerPart, collectParts, readParts } from "./answer-parts.ts";
import { withContext } from "./conversation-context.ts";
import {
  fromGenerateRequest,
  type GenerateBody,
  generateBodySchema,
  hasContext,
  hasNoPrompt,
  hasTemplate,
} from "./generate-request.ts";
import { createGenerateCodec, toGenerateAnswer, toGenerateResidency } from "./generate-response.ts";
import { withTemplate } from "./request-template.ts";
import { changeResidency } from "./residency.ts";

export const generateRoute: Route = {
  method: "post",
  path: "/api/generate",
  summary: "Answer a prompt, or fill in between it and a suffix",
  group: "Ollama",
  access: "key",
  body: generateBodySchema,
  answers: "application/json",
  streams: "application/x-ndjson",
  handle: handleGenerate,
};

async function handleGenerate(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readOllamaBody(context, generateBodySchema());
  const scope = context.get("scope");
  const { entry, origin } = await beginAnswer(context, deps, body.model);
  const { request, ignored } = fromGenerateRequest(body, entry, origin);
  scope.ignored = ignored;
  const format = createAnswerFormat(context, deps, body.model ?? entry.id, request);
  if (hasNoPrompt(body)) {
    return context.json(
      toGenerateResidency(format, await changeResidency(deps, entry, request, scope.abort.signal)),
    );
  }
  const parts = noteParts(await answer(deps, body, request, scope), scope);
  if (body.stream === false) return context.json(toGenerateAnswer(await collectParts(parts), format));
  return streamAnswer(context, deps, parts, createGenerateCodec(format));
}

/** A raw prompt and a gap that is filled have no conversation that could go on. */
async function answer(
  deps: RouteDeps,
  body: GenerateBody,
  read: GenerateRequest,
  scope: RequestScope,
): Promise<AsyncIterable<AnswerPart>> {
  const request = hasTemplate(body) ? await withTemplate(deps.library, read, body.template ?? "") : read;
  const earlier = body.context ?? [];
  const asked = hasContext(body) ? await withContext(deps.engine, request, earlier) : request;
  const goesOn = !body.raw && request.input.type !== "infill";
  const told = goesOn ? { ...asked, conversation: { turn: request.input, earlier } } : asked;
  return readParts(answerEvents(deps.pipeline, told, scope, scope.abort.signal));
}
