import type { TokenAlternative, TokenLogprob } from "../../contract/index.ts";
import type { PromptTokens } from "../collect.ts";
import { finite, toLegacyTokenText } from "../logprobs.ts";

/** The logprobs object of /v1/completions: four lists of equal length. */
export type LegacyLogprobs = {
  tokens: string[];
  token_logprobs: (number | null)[];
  top_logprobs: (Readonly<Record<string, number>> | null)[] | null;
  text_offset: number[];
};

export type LegacyLogprobsWriter = (tokens: PromptTokens) => LegacyLogprobs;

/** Offsets count the characters of the text written so far, so one writer serves one choice from its beginning. */
export function createLegacyLogprobsWriter(top: number): LegacyLogprobsWriter {
  const decoder = new TextDecoder();
  let offset = 0;
  return function writeLogprobs(tokens) {
    const offsets = tokens.map((token) => {
      const start = offset;
      offset += decoder.decode(token.bytes, { stream: true }).length;
      return start;
    });
    return {
      tokens: tokens.map((token) => toLegacyTokenText(token.bytes)),
      token_logprobs: tokens.map((token) => ("logprob" in token ? finite(token.logprob) : null)),
      top_logprobs: top === 0 ? null : tokens.map((token) => ("logprob" in token ? toTop(token) : null)),
      text_offset: offsets,
    };
  };
}

/** The likeliest tokens and the one that stands there; of tokens with the same text the likelier one. */
function toTop(token: TokenLogprob): Record<string, number> {
  const entries: readonly TokenAlternative[] = [...token.top, token];
  const result: Record<string, number> = {};
  for (const { bytes, logprob } of entries) {
    const text = toLegacyTokenText(bytes);
    result[text] = Math.max(result[text] ?? Number.NEGATIVE_INFINITY, finite(logprob));
  }
  return result;
}
