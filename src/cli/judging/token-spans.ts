import type { TokenAlternative, TokenLogprob } from "../../contract/index.ts";

/** A piece of an answer that can be shown: whole characters, of one token or of several that share a character. */
export type TokenSpan = {
  readonly text: string;
  /** That of its least likely token. */
  readonly probability: number;
  /** Of its first token, the most likely first. */
  readonly alternatives: readonly { readonly text: string; readonly probability: number }[];
};

/** Joins tokens until their bytes are whole characters; bytes that are none become U+FFFD. */
export function toSpans(tokens: readonly TokenLogprob[]): readonly TokenSpan[] {
  const spans: TokenSpan[] = [];
  let waiting: TokenLogprob[] = [];
  for (const token of tokens) {
    waiting.push(token);
    if (endsInsideCharacter(Buffer.concat(waiting.map(({ bytes }) => bytes)))) continue;
    spans.push(toSpan(waiting));
    waiting = [];
  }
  if (waiting.length > 0) spans.push(toSpan(waiting));
  return spans;
}

function toSpan(tokens: readonly TokenLogprob[]): TokenSpan {
  return {
    text: Buffer.concat(tokens.map(({ bytes }) => bytes)).toString("utf8"),
    probability: Math.exp(Math.min(...tokens.map(({ logprob }) => logprob))),
    alternatives: (tokens[0]?.top ?? []).map(toAlternative),
  };
}

function toAlternative({ bytes, logprob }: TokenAlternative): TokenSpan["alternatives"][number] {
  return { text: Buffer.from(bytes).toString("utf8"), probability: Math.exp(logprob) };
}

const longestCharacterBytes = 4;

/** Whether the bytes end with the beginning of a character of UTF-8 whose rest may follow. */
function endsInsideCharacter(bytes: Uint8Array): boolean {
  for (let back = 1; back < longestCharacterBytes; back++) {
    const byte = bytes.at(-back);
    if (byte === undefined || byte < 0x80) return false;
    if (byte >= 0xc2) return back < characterLength(byte);
  }
  return false;
}

function characterLength(lead: number): number {
  if (lead >= 0xf0) return lead <= 0xf4 ? 4 : 1;
  return lead >= 0xe0 ? 3 : 2;
}
