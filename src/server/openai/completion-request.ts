import { z } from "@hono/zod-openapi";
import type { GenerateInput, GenerateRequest } from "../../contract/index.ts";
import type { RequestOrigin } from "../answer.ts";
import { fromHearthFields, plainHearthShape } from "../hearth-fields.ts";
import { lazy } from "../lazy.ts";
import { defaultCompletionTokens, maxPromptCharacters, maxPrompts, maxTopLogprobs } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { fromGenerationFields, fromPredictCount, generationShape } from "./generation-fields.ts";

export const completionBodySchema = lazy(() => {
  const tokens = z.array(tokenField()).min(1).max(maxPromptCharacters);
  const text = z.string().min(1).max(maxPromptCharacters);
  return z.looseObject({
    prompt: z.union([
      z.string().max(maxPromptCharacters),
      tokens,
      z.array(text).min(1).max(maxPrompts),
      z.array(tokens).min(1).max(maxPrompts),
    ]),
    ...generationShape(),
    ...plainHearthShape(),
    max_tokens: z
      .int32()
      .min(0)
      .optional()
      .describe(`${defaultCompletionTokens} by default; 0 only together with echo`),
    suffix: z.string().max(maxPromptCharacters).optional(),
    echo: z.boolean().optional(),
    logprobs: z.int32().min(0).max(maxTopLogprobs).optional(),
    best_of: z.int32().min(1).optional().describe("Only as many as n"),
  });
});

export type CompletionBody = z.output<ReturnType<typeof completionBodySchema>>;
export type Prompt = string | readonly number[];

export function tokenField() {
  return z.int32().min(0);
}

/** The prompts of a body, in order: one text, one list of tokens, or several of either. */
export function readPrompts(prompt: CompletionBody["prompt"]): readonly Prompt[] {
  if (typeof prompt === "string") return [prompt];
  return isTokenList(prompt) ? [prompt] : prompt;
}

export function isTokenList(list: readonly unknown[]): list is readonly number[] {
  return typeof list[0] === "number";
}

/** One request a prompt; each makes `n` choices. */
export function fromCompletionRequest(body: CompletionBody, origin: RequestOrigin): GenerateRequest[] {
  const maxTokens = body.max_tokens ?? (body.n_predict === undefined ? defaultCompletionTokens : undefined);
  if (maxTokens === 0 && !body.echo)
    throw invalidParameter("max_tokens", "max_tokens: 0 is only allowed together with echo.");
  if (body.best_of !== undefined && body.best_of !== (body.n ?? 1)) {
    throw invalidParameter("best_of", "best_of: only as many answers can be made as n asks for.");
  }
  const topLogprobs =
    body.logprobs ?? (body.n_probs !== undefined && body.n_probs > 0 ? body.n_probs : undefined);
  const common = {
    ...fromGenerationFields(body, origin),
    ...fromHearthFields(body),
    ...withoutUndefined({ maxTokens: maxTokens ?? fromPredictCount(body.n_predict), topLogprobs }),
    promptLogprobs: body.echo === true && topLogprobs !== undefined,
  };
  const prompts = readPrompts(body.prompt);
  return prompts.map((prompt, index) => ({
    ...common,
    id: prompts.length === 1 ? origin.id : `${origin.id}-${index}`,
    input: toInput(prompt, body.suffix),
  }));
}

/** An empty suffix is what editors send at the end of a file: nothing to fill in front of. */
function toInput(prompt: Prompt, suffix: string | undefined): GenerateInput {
  if (suffix !== undefined && suffix !== "") {
    if (typeof prompt !== "string")
      throw invalidParameter("prompt", "prompt: with a suffix it must be text, not tokens.");
    return { type: "infill", prefix: prompt, suffix };
  }
  if (prompt === "") throw invalidParameter("prompt", "prompt: the text is empty.");
  return typeof prompt === "string" ? { type: "text", text: prompt } : { type: "tokens", tokens: prompt };
}
