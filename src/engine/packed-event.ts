/**
 * Token probabilities on their way from a host to the server. A token comes with ten alternatives and more, and to
 * clone that many objects between processes costs more than a small model spends on a token; two arrays cost little.
 */
import type { GenerateEvent, TokenAlternative, TokenLogprob } from "../contract/index.ts";
import type { HostEvent } from "./protocol.ts";

type LogprobEvent = Extract<GenerateEvent, { type: "logprobs" | "prompt-logprobs" }>;
type Token = Extract<LogprobEvent, { type: "prompt-logprobs" }>["tokens"][number];

export type PackedEvent = {
  readonly id: number;
  readonly packed:
    | Omit<Extract<LogprobEvent, { type: "logprobs" }>, "tokens">
    | Omit<Extract<LogprobEvent, { type: "prompt-logprobs" }>, "tokens">;
  /** For each token a kind, its entropy and its count of alternatives; then id, logprob and bytes of it and of those. */
  readonly numbers: Float64Array;
  /** Of the tokens and alternatives, one after the other. */
  readonly bytes: Uint8Array;
};

const kinds = { bare: 0, measured: 1, withEntropy: 2 } as const;

/** What is to be sent for an event: events without probabilities as they are. */
export function packEvent(sent: HostEvent): HostEvent | PackedEvent {
  if (!("event" in sent)) return sent;
  const { id, event } = sent;
  if (event.type !== "logprobs" && event.type !== "prompt-logprobs") return sent;
  const { tokens, ...packed } = event;
  return { id, packed, ...packTokens(tokens) };
}

/** The event that was packed. The bytes of its tokens are views of one array. */
export function unpackEvent(sent: HostEvent | PackedEvent): HostEvent {
  if (!("packed" in sent)) return sent;
  const { id, packed } = sent;
  const tokens = unpackTokens(sent);
  if (packed.type === "prompt-logprobs") return { id, event: { ...packed, tokens } };
  return { id, event: { ...packed, tokens: tokens.filter(isMeasured) } };
}

function isMeasured(token: Token): token is TokenLogprob {
  return "logprob" in token;
}

function packTokens(tokens: readonly Token[]): Pick<PackedEvent, "numbers" | "bytes"> {
  const numbers: number[] = [];
  const pieces: Uint8Array[] = [];
  let size = 0;
  const add = ({ token, bytes }: Token, logprob: number) => {
    numbers.push(token, logprob, bytes.length);
    pieces.push(bytes);
    size += bytes.length;
  };
  for (const token of tokens) {
    if (!isMeasured(token)) {
      numbers.push(kinds.bare, 0, 0);
      add(token, 0);
      continue;
    }
    const { top, entropy } = token;
    numbers.push(entropy === undefined ? kinds.measured : kinds.withEntropy, entropy ?? 0, top.length);
    add(token, token.logprob);
    for (const alternative of top) add(alternative, alternative.logprob);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { numbers: Float64Array.from(numbers), bytes };
}

function unpackTokens({ numbers, bytes }: PackedEvent): Token[] {
  let at = 0;
  let end = 0;
  const next = () => numbers[at++] ?? Number.NaN;
  const read = (): TokenAlternative => {
    const token = next();
    const logprob = next();
    const start = end;
    end += next();
    return { token, bytes: bytes.subarray(start, end), logprob };
  };
  const tokens: Token[] = [];
  while (at < numbers.length) {
    const kind = next();
    const entropy = next();
    const count = next();
    const { token, bytes: piece, logprob } = read();
    if (kind === kinds.bare) {
      tokens.push({ token, bytes: piece });
      continue;
    }
    const top = Array.from({ length: count }, read);
    tokens.push({ token, bytes: piece, logprob, top, ...(kind === kinds.withEntropy && { entropy }) });
  }
  return tokens;
}
