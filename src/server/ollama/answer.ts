import type { GenerateRequest } from "../../contract/index.ts";
import type { ModelEntry } from "../../engine/index.ts";
import { beginRequest, type RequestOrigin } from "../answer.ts";
import { type BodyOptions, readBody } from "../body.ts";
import { findModel } from "../find-model.ts";
import type { AppContext, RequestScope } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import type { AnswerFormat } from "./answer-format.ts";
import type { AnswerPart } from "./answer-parts.ts";

/** Ollama reads every body as JSON, and what its documents tell people to type sends another content type. */
const bodyOptions: BodyOptions = { anyContentType: true };

export function readOllamaBody<S extends Parameters<typeof readBody>[1]>(context: AppContext, schema: S) {
  return readBody(context, schema, bodyOptions);
}

/** The model of a request, and what the codec needs beside the body. */
export async function beginAnswer(
  context: AppContext,
  deps: RouteDeps,
  name: string | undefined,
): Promise<{ readonly entry: ModelEntry; readonly origin: RequestOrigin }> {
  const entry = await findModel(deps.engine, name);
  return { entry, origin: beginRequest(context, entry, "ollama") };
}

export function createAnswerFormat(
  context: AppContext,
  deps: RouteDeps,
  model: string,
  request: GenerateRequest,
): AnswerFormat {
  const nowMs = deps.nowMs ?? performance.now.bind(performance);
  const { startedMs } = context.get("scope");
  return { model, hasLogprobs: request.topLogprobs !== undefined, elapsedMs: () => nowMs() - startedMs };
}

/** Notes the usage of an answer as it passes. */
export async function* noteParts(
  parts: AsyncIterable<AnswerPart>,
  scope: RequestScope,
): AsyncGenerator<AnswerPart> {
  for await (const part of parts) {
    if (part.type === "end") scope.usage = part.usage;
    yield part;
  }
}
