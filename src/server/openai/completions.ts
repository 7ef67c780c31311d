import { beginRequest, noteUsage, streamAnswer } from "../answer.ts";
import { readBody } from "../body.ts";
import { findModel } from "../find-model.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { describeAnswer, toStreamCodec } from "./answer.ts";
import {
  type CompletionBody,
  completionBodySchema,
  fromCompletionRequest,
  readPrompts,
} from "./completion-request.ts";
import {
  addAnswers,
  createCompletionEncoder,
  type PromptEvent,
  toCompletion,
} from "./completion-response.ts";
import { findIgnoredFields } from "./generation-fields.ts";
import { collectAnswers, mergeAnswers } from "./prompt-batch.ts";

export const completionRoute: Route = {
  method: "post",
  path: "/v1/completions",
  summary: "Continue a text, or fill in between a prompt and a suffix",
  group: "OpenAI",
  access: "key",
  body: completionBodySchema,
  answers: "application/json",
  streams: "text/event-stream",
  handle: handleCompletion,
};

async function handleCompletion(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, completionBodySchema());
  const scope = context.get("scope");
  scope.ignored = findIgnoredFields(body, completionBodySchema().shape);
  const entry = await findModel(deps.engine, body.model);
  const origin = beginRequest(context, entry, "cmpl");
  const requests = fromCompletionRequest(body, origin);
  const format = {
    ...describeAnswer(deps, entry, origin.id),
    choicesPerPrompt: body.n ?? 1,
    echoes: await readEchoes(body, entry.id, deps),
    topLogprobs: requests[0]?.topLogprobs,
    includesUsage: body.stream_options?.include_usage ?? false,
    includesTimings: body.timings_per_token ?? false,
  };
  if (!body.stream) {
    const answers = await collectAnswers(deps.pipeline, requests, scope);
    scope.usage = addAnswers(answers).usage;
    return context.json(toCompletion(answers, format));
  }
  const encode = createCompletionEncoder(format);
  const codec = toStreamCodec((event: PromptEvent) => {
    noteUsage(scope, event.event);
    return encode(event);
  });
  return streamAnswer(context, deps, mergeAnswers(deps.pipeline, requests, scope), codec);
}

/** What each prompt's answers begin with: the prompt itself where echo is on. */
function readEchoes(body: CompletionBody, model: string, deps: RouteDeps): Promise<string[]> {
  const prompts = readPrompts(body.prompt);
  return Promise.all(
    prompts.map(async (prompt) => {
      if (!body.echo) return "";
      return typeof prompt === "string" ? prompt : deps.engine.detokenize(model, prompt);
    }),
  );
}
