import type { TokenAlternative, TokenLogprob } from "../contract/index.ts";

const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/** A token's text; bytes that are no text of their own are written as `\xNN`, as OpenAI does. */
export function toTokenText(bytes: Uint8Array): string {
  return decodeText(bytes) ?? escapeBytes(bytes);
}

/** The spelling of the older completions format, which marks such bytes. */
export function toLegacyTokenText(bytes: Uint8Array): string {
  return decodeText(bytes) ?? `bytes:${escapeBytes(bytes)}`;
}

/** Undefined where the bytes end inside a character. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function escapeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** One entry of `choices[].logprobs.content`. */
export function toContentLogprob(token: TokenLogprob) {
  return { ...toAlternative(token), top_logprobs: token.top.map(toAlternative) };
}

function toAlternative(alternative: TokenAlternative) {
  return {
    token: toTokenText(alternative.bytes),
    logprob: finite(alternative.logprob),
    bytes: Array.from(alternative.bytes),
  };
}

/** JSON has no −Infinity; OpenAI writes this number for "never". */
export function finite(logprob: number): number {
  return Math.max(logprob, -9999);
}
