import { z } from "@hono/zod-openapi";
import type { Tokenization } from "../../engine/index.ts";
import { beginRequest } from "../answer.ts";
import { readBody } from "../body.ts";
import { findModel } from "../find-model.ts";
import { lazy } from "../lazy.ts";
import { maxPromptCharacters } from "../limits.ts";
import { decodeText, toTokenText } from "../logprobs.ts";
import { invalidParameter } from "../parameter-errors.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { chatBodySchema, fromChatRequest } from "./chat-request.ts";
import { tokenField } from "./completion-request.ts";
import { constraintShape } from "./constraint.ts";
import { findIgnoredFields, generationShape, modelField } from "./generation-fields.ts";

/** Takes llama.cpp's `content`, vLLM's `prompt`, or the messages of a chat. */
const tokenizeBodySchema = lazy(() => {
  const text = z.string().max(maxPromptCharacters);
  const { messages, ...chatShape } = chatBodySchema().shape;
  return z.looseObject({
    content: text.optional(),
    prompt: text.optional(),
    messages: messages.optional(),
    ...chatShape,
    add_special: z.boolean().optional().describe("Off by default for content, on for prompt and messages"),
    add_special_tokens: z.boolean().optional().describe("Same as add_special"),
    parse_special: z.boolean().optional().describe("On by default"),
    with_pieces: z.boolean().optional(),
    return_token_strs: z.boolean().optional(),
  });
});

/** Fields of a chat that say how to go on from the prompt, and so change nothing in it. */
const continuationFields = lazy(() => {
  const { model, stream_options, ...generation } = generationShape();
  const others = ["max_tokens", "max_completion_tokens", "logprobs", "top_logprobs", "modalities", "audio"];
  const constraints = Object.keys(constraintShape());
  return new Set([...Object.keys(generation), ...others].filter((name) => !constraints.includes(name)));
});

/** Names what changes nothing in the prompt of a body, unknown fields included. */
function findUnusedFields(
  body: Readonly<Record<string, unknown>>,
  shape: Readonly<Record<string, unknown>>,
): string[] {
  const unused = Object.keys(body).filter(
    (name) => continuationFields().has(name) && name !== "service_tier",
  );
  return [...unused, ...findIgnoredFields(body, shape)];
}

const detokenizeBodySchema = lazy(() =>
  z.looseObject({ model: modelField(), tokens: z.array(tokenField()).max(maxPromptCharacters) }),
);

const post = { method: "post", group: "Tokens", access: "key", answers: "application/json" } as const;

export const tokenRoutes: readonly Route[] = [
  {
    ...post,
    path: "/tokenize",
    summary: "Tokens of a text or a chat",
    body: tokenizeBodySchema,
    handle: handleTokenize,
  },
  {
    ...post,
    path: "/detokenize",
    summary: "Text of tokens",
    body: detokenizeBodySchema,
    handle: handleDetokenize,
  },
  {
    ...post,
    path: "/apply-template",
    summary: "The prompt that a chat is turned into",
    body: chatBodySchema,
    handle: handleApplyTemplate,
  },
];

async function handleTokenize(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, tokenizeBodySchema());
  context.get("scope").ignored = findUnusedFields(body, tokenizeBodySchema().shape);
  const entry = await findModel(deps.engine, body.model);
  const origin = beginRequest(context, entry, "tokens");
  const { messages } = body;
  const given = body.content ?? body.prompt;
  if (given === undefined && !messages)
    throw invalidParameter("content", "content: give content, prompt or messages.");
  const text =
    given ??
    (messages ? await deps.engine.applyTemplate(fromChatRequest({ ...body, messages }, origin)) : "");
  const result = await deps.engine.tokenize(entry.id, text, {
    addSpecial: body.add_special ?? body.add_special_tokens ?? body.content === undefined,
    parseSpecial: body.parse_special ?? true,
  });
  return context.json({
    tokens: body.with_pieces ? toPieces(result) : result.tokens,
    count: result.tokens.length,
    ...(entry.description ? { max_model_len: entry.description.contextTokens } : {}),
    ...(body.return_token_strs ? { token_strs: result.pieces.map(toTokenText) } : {}),
  });
}

/** A piece that ends inside a character is given as its bytes. */
function toPieces({ tokens, pieces }: Tokenization) {
  return tokens.map((id, index) => {
    const bytes = pieces[index] ?? new Uint8Array();
    return { id, piece: decodeText(bytes) ?? Array.from(bytes) };
  });
}

async function handleDetokenize(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, detokenizeBodySchema());
  const scope = context.get("scope");
  scope.ignored = findIgnoredFields(body, detokenizeBodySchema().shape);
  const entry = await findModel(deps.engine, body.model);
  scope.model = entry.id;
  const text = await deps.engine.detokenize(entry.id, body.tokens);
  return context.json({ content: text, prompt: text });
}

async function handleApplyTemplate(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, chatBodySchema());
  context.get("scope").ignored = findUnusedFields(body, chatBodySchema().shape);
  const entry = await findModel(deps.engine, body.model);
  const prompt = await deps.engine.applyTemplate(
    fromChatRequest(body, beginRequest(context, entry, "template")),
  );
  return context.json({ prompt });
}
