import type { GenerateRequest } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";
import { wholeText } from "../input-text.ts";
import { type ContextText, formatText } from "./context-prompt.ts";

/** Of a model's context, what retrieved texts may take. */
const contextShare = 0.5;
/** Of a model's context, what is left to an answer whose length nobody said. */
const answerShare = 0.25;
/** For the template, and for the words around the texts. */
const marginTokens = 64;
/** What a token is taken for where no tokenizer is at hand; below the average, so that texts rather stay out. */
const fewCharactersPerToken = 3;
/** Where nobody says how long the context of a model elsewhere is. */
const usualContextTokens = 8192;

export type Fitted<T> = { readonly kept: readonly T[]; readonly reason?: string };

/** The best texts, each whole, that fit the model's context beside the conversation and its answer. */
export async function fitContext<T extends ContextText>(
  engine: Pick<Engine, "find" | "tokenize">,
  request: GenerateRequest,
  texts: readonly T[],
): Promise<Fitted<T>> {
  if (texts.length === 0) return { kept: [] };
  const count = await createCounter(engine, request);
  const contextTokens = await readContextTokens(engine, request);
  const answerTokens = request.maxTokens ?? Math.floor(contextTokens * answerShare);
  const taken = (await count(wholeText(request.input))) + answerTokens + marginTokens;
  let left = Math.min(contextTokens - taken, Math.floor(contextTokens * contextShare));
  const costs = await Promise.all(texts.map((text, place) => count(formatText(text, place + 1))));
  const kept = texts.filter((_, place) => {
    const cost = costs[place] ?? 0;
    if (cost > left) return false;
    left -= cost;
    return true;
  });
  if (kept.length === texts.length) return { kept };
  return {
    kept,
    reason: `${kept.length} of ${texts.length} texts fit the model's context of ${contextTokens} tokens`,
  };
}

/** Tokens as the model counts them; characters where it is not here to ask. */
async function createCounter(
  engine: Pick<Engine, "find" | "tokenize">,
  { model }: GenerateRequest,
): Promise<(text: string) => Promise<number>> {
  const estimate = async (text: string) => Math.ceil(text.length / fewCharactersPerToken);
  const { isRemote } = await engine.find(model);
  if (isRemote) return estimate;
  return async (text) =>
    (await engine.tokenize(model, text, { addSpecial: false, parseSpecial: false })).tokens.length;
}

async function readContextTokens(
  engine: Pick<Engine, "find">,
  { model, contextTokens }: GenerateRequest,
): Promise<number> {
  const { description, summary } = await engine.find(model);
  return contextTokens ?? description?.contextTokens ?? summary.trainedContextTokens ?? usualContextTokens;
}
