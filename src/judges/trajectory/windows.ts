/** How a text is cut for the perplexity of it: as llama-perplexity does, so that the figures are the same. */
import { AppError } from "../../base/index.ts";

/** llama-perplexity's own default. */
const usualWindowTokens = 512;
const leastWindowTokens = 4;
const windowsNeeded = 2;

export type WindowPlan = {
  /** Tokens of each window, the text cut one after the other; what is left over at the end is not scored. */
  readonly windowTokens: number;
  readonly windows: number;
  /** First position of a window whose token is scored: those before it are context only. */
  readonly firstScored: number;
  /** One window over the whole of a text that is shorter than two of the usual ones. */
  readonly isShort: boolean;
};

type WindowWish = {
  readonly textTokens: number;
  /** Of the model. */
  readonly contextTokens: number;
  /** Given: as llama-perplexity takes `-c`, which refuses a text of less than two windows. */
  readonly windowTokens?: number;
};

/**
 * Windows of `windowTokens`, of which the second half is scored. Where no size was asked for, a text of less than two
 * usual windows is scored in one window as a whole, or in two halves where the context holds no more. Throws AppError
 * invalid_request with both counts for a text that is too short.
 */
export function planWindows({ textTokens, contextTokens, windowTokens }: WindowWish): WindowPlan {
  if (windowTokens !== undefined) {
    checkWindow(windowTokens, contextTokens);
    const needed = windowsNeeded * windowTokens;
    if (textTokens >= needed) return cut(textTokens, windowTokens);
    throw new AppError(
      "invalid_request",
      `the text has ${textTokens} tokens, and windows of ${windowTokens} need at least ${needed}; give a longer text or a smaller --ctx, or leave it out to score a short text as a whole`,
      { details: { text_tokens: textTokens, needed, window_tokens: windowTokens } },
    );
  }
  const usual = Math.min(usualWindowTokens, contextTokens);
  if (textTokens >= windowsNeeded * usual) return cut(textTokens, usual);
  if (textTokens > contextTokens) return cut(textTokens, Math.floor(textTokens / windowsNeeded));
  if (textTokens >= 2) return { windowTokens: textTokens, windows: 1, firstScored: 1, isShort: true };
  throw new AppError(
    "invalid_request",
    `the text has ${textTokens === 1 ? "one token" : `${textTokens} tokens`}, and the first is never scored: there is nothing before it; give a longer text`,
    { details: { text_tokens: textTokens, needed: 2 } },
  );
}

/** llama-perplexity scores positions n/2 + 1 to n − 1 of each window of n. */
function cut(textTokens: number, windowTokens: number): WindowPlan {
  return {
    windowTokens,
    windows: Math.floor(textTokens / windowTokens),
    firstScored: Math.floor(windowTokens / 2) + 1,
    isShort: false,
  };
}

function checkWindow(windowTokens: number, contextTokens: number): void {
  const isRight = Number.isInteger(windowTokens) && windowTokens >= leastWindowTokens;
  if (isRight && windowTokens <= contextTokens) return;
  throw new AppError(
    "invalid_request",
    `windows have from ${leastWindowTokens} tokens to the ${contextTokens} of the model's context, got ${windowTokens}`,
    { details: { param: "window_tokens", max: contextTokens } },
  );
}
