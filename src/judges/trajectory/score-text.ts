import { AppError, createId } from "../../base/index.ts";
import type { GenerateInput, GenerateRequest, TokenLogprob } from "../../contract/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { findModel } from "../find-model.ts";
import { planWindows, type WindowPlan } from "./windows.ts";

/** Longest text that is tokenised whole, as it has to be. */
export const maxTextBytes = 8 * 2 ** 20;
const judgeTenant = "judge";

export type TextRequest = {
  readonly model?: string;
  readonly text: string;
  /** Absent: 512, the context where that is smaller, or the whole of a short text. */
  readonly windowTokens?: number;
  /** Whose share of the engine it counts against. */
  readonly tenant?: string;
  /** `local`: it does not leave this machine. */
  readonly privacy?: "local";
};

export type TextScore = {
  readonly model: string;
  readonly modelDigest: string;
  /** exp of the mean negative log-likelihood, from 1. */
  readonly perplexity: number;
  /** Of the perplexity; absent where fewer than two tokens were scored. */
  readonly standardError?: number;
  /** Of the text, with the token that begins it. */
  readonly textTokens: number;
  readonly scoredTokens: number;
  readonly windows: number;
  readonly windowTokens: number;
  readonly isShort: boolean;
};

/** The figure after a window: that of all windows until then. */
export type WindowScore = { readonly done: number; readonly windows: number; readonly perplexity: number };

type Sums = { count: number; nll: number; squares: number };

/**
 * The perplexity of a text as llama-perplexity measures it: each window is evaluated with the model's first token in
 * place of its own, and its second half is scored. Throws AppError invalid_request for a text too short or too long.
 */
export async function scoreText(
  deps: JudgeDeps,
  request: TextRequest,
  signal: AbortSignal,
  onWindow: (score: WindowScore) => void = () => undefined,
): Promise<TextScore> {
  checkText(request.text);
  const model = await findModel(deps, request.model);
  const { contextTokens } = await deps.engine.load(model.id, {}, signal);
  const [{ tokens }, first] = await Promise.all([
    deps.engine.tokenize(model.id, request.text, { addSpecial: true, parseSpecial: false }),
    findFirstToken(deps, model.id),
  ]);
  const plan = planWindows({
    ...{ textTokens: tokens.length, contextTokens },
    ...(request.windowTokens !== undefined && { windowTokens: request.windowTokens }),
  });
  const sums: Sums = { count: 0, nll: 0, squares: 0 };
  for (let index = 0; index < plan.windows; index++) {
    const window = tokens.slice(index * plan.windowTokens, (index + 1) * plan.windowTokens);
    if (first !== undefined) window[0] = first;
    await addWindow(deps, { model: model.id, window, plan, sums, tenant: request.tenant }, signal);
    onWindow({ done: index + 1, windows: plan.windows, perplexity: Math.exp(sums.nll / sums.count) });
  }
  const { windows, windowTokens, isShort } = plan;
  return {
    ...{ model: model.id, modelDigest: model.digest, ...toFigures(sums) },
    ...{ textTokens: tokens.length, scoredTokens: sums.count, windows, windowTokens, isShort },
  };
}

function checkText(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxTextBytes) {
    throw new AppError(
      "invalid_request",
      `text: it has ${bytes} bytes, and ${maxTextBytes} are the most; give a part of it`,
      { details: { param: "text", bytes, max: maxTextBytes } },
    );
  }
  if (text === "") throw new AppError("invalid_request", "text: it is empty; give a text to score");
}

/** The token that the model puts before every text; undefined where it puts none. */
async function findFirstToken({ engine }: JudgeDeps, model: string): Promise<number | undefined> {
  const [empty, letter] = await Promise.all(
    ["", "a"].map((text) => engine.tokenize(model, text, { addSpecial: true, parseSpecial: false })),
  );
  const first = empty?.tokens[0];
  // A model that ends texts with a token of its own has it here too, and not in front of a letter.
  return first !== undefined && letter?.tokens[0] === first ? first : undefined;
}

type WindowWork = {
  readonly model: string;
  readonly window: readonly number[];
  readonly plan: WindowPlan;
  readonly sums: Sums;
  readonly tenant: string | undefined;
};

async function addWindow(
  deps: JudgeDeps,
  { model, window, plan, sums, tenant }: WindowWork,
  signal: AbortSignal,
): Promise<void> {
  const input: GenerateInput = { type: "tokens", tokens: window };
  const forced = { model, input, contextTokens: window.length, ...(tenant !== undefined && { tenant }) };
  const records = await forceTokens(deps, forced, signal);
  for (let position = plan.firstScored; position < records.length; position++) {
    const nll = -(records[position]?.logprob ?? Number.NaN);
    sums.count += 1;
    sums.nll += nll;
    sums.squares += nll * nll;
  }
  if (Number.isFinite(sums.nll)) return;
  throw new AppError(
    "inference_error",
    `${model} gave no probability for a token of the text; another quantisation of the model may`,
  );
}

/** What is evaluated without anything being generated. */
type ForcedInput = {
  readonly model: string;
  readonly input: GenerateInput;
  readonly contextTokens?: number;
  /** Alternatives of each token; absent: none. */
  readonly topLogprobs?: number;
  readonly tenant?: string;
};

/** A prompt's own tokens with what the model thought of each; the first has nothing before it, and no probability. */
export async function forceTokens(
  { generate }: Pick<JudgeDeps, "generate">,
  { topLogprobs = 0, tenant = judgeTenant, ...forced }: ForcedInput,
  signal: AbortSignal,
): Promise<readonly (Partial<TokenLogprob> & Pick<TokenLogprob, "bytes">)[]> {
  const request: GenerateRequest = {
    ...forced,
    ...{ id: createId(judgeTenant), sampling: {}, maxTokens: 0, stop: [], choices: 1, topLogprobs },
    ...{ entropy: false, promptLogprobs: true, priority: "batch", tenant, cachePrompt: false },
  };
  let records: readonly (Partial<TokenLogprob> & Pick<TokenLogprob, "bytes">)[] | undefined;
  for await (const event of generate(request, signal)) {
    if (event.type === "prompt-logprobs") records = event.tokens;
  }
  if (records) return records;
  throw new AppError("inference_error", `${forced.model} gave no probabilities of its prompt's tokens`);
}

/** The perplexity and its standard error, that of the mean carried through exp. */
function toFigures({ count, nll, squares }: Sums): Pick<TextScore, "perplexity" | "standardError"> {
  const mean = nll / count;
  const perplexity = Math.exp(mean);
  if (count < 2) return { perplexity };
  const variance = Math.max(0, squares / count - mean * mean);
  return { perplexity, standardError: Math.sqrt(variance / (count - 1)) * perplexity };
}
