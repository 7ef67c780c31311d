import type { TokenAlternative, TokenLogprob } from "../../../contract/index.ts";

const decoder = new TextDecoder();

export type ChoiceProbabilities<Choice extends string> = {
  /** They sum to 1. */
  readonly probabilities: Readonly<Record<Choice, number>>;
  /** What all choices together had before a grammar left nothing else; near 0 the model meant none of them. */
  readonly share: number;
};

/**
 * How probable the model held each of the choices, one of which it wrote as a JSON string, from the alternatives to
 * the first token of that choice. The choices are of small letters and begin with different ones. Absent where the
 * tokens do not show it.
 */
export function readChoiceProbabilities<Choice extends string>(
  tokens: readonly TokenLogprob[],
  choices: readonly Choice[],
): ChoiceProbabilities<Choice> | undefined {
  const found = findChoiceToken(tokens, choices);
  if (!found) return undefined;
  const sums = new Map<Choice, number>(choices.map((choice) => [choice, 0]));
  for (const { bytes, logprob } of uniqueAlternatives(found.token)) {
    const text = decoder.decode(bytes);
    const rest = text.startsWith(found.before) ? text.slice(found.before.length).toLowerCase() : "";
    const choice = choices.find((known) => rest !== "" && isBeginning(rest, known));
    if (choice !== undefined) sums.set(choice, (sums.get(choice) ?? 0) + Math.exp(logprob));
  }
  const share = [...sums.values()].reduce((sum, value) => sum + value, 0);
  if (!(share > 0)) return undefined;
  const parts = choices.map((choice) => [choice, (sums.get(choice) ?? 0) / share] as const);
  return { probabilities: Object.fromEntries(parts) as Record<Choice, number>, share: Math.min(1, share) };
}

function isBeginning(text: string, choice: string): boolean {
  return choice.startsWith(text) || text.startsWith(`${choice}"`);
}

type ChoiceToken = { readonly token: TokenLogprob; readonly before: string };

/** The token that begins the choice, and what of that token stands before it. */
function findChoiceToken(
  tokens: readonly TokenLogprob[],
  choices: readonly string[],
): ChoiceToken | undefined {
  const texts = tokens.map((token) => decoder.decode(token.bytes));
  const text = texts.join("");
  const starts = choices.map((choice) => text.lastIndexOf(`"${choice}"`)).filter((start) => start >= 0);
  if (starts.length === 0) return undefined;
  const start = Math.max(...starts) + 1;
  let end = 0;
  for (const [index, token] of tokens.entries()) {
    const begin = end;
    end += texts[index]?.length ?? 0;
    if (end > start) return { token, before: text.slice(begin, Math.max(begin, start)) };
  }
  return undefined;
}

/** The token itself is among its alternatives in most backends, and must not count twice. */
function uniqueAlternatives(token: TokenLogprob): readonly TokenAlternative[] {
  return token.top.some((alternative) => alternative.token === token.token)
    ? token.top
    : [token, ...token.top];
}
