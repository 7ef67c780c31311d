import type { EmbedInput } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";

type Tokens = readonly number[];

export type TruncatedInputs = {
  readonly inputs: readonly EmbedInput[];
  /** One line for each input that was cut. */
  readonly truncated: readonly string[];
};

/** Cuts each text that has more than `max` tokens; the tokens that the model wants around every text stay. */
export async function truncateInputs(
  engine: Pick<Engine, "tokenize">,
  model: string,
  inputs: readonly EmbedInput[],
  max: number,
): Promise<TruncatedInputs> {
  const truncated: string[] = [];
  const cut: EmbedInput[] = [];
  for (const [index, input] of inputs.entries()) {
    const tokens = typeof input === "string" ? await tokenizeAround(engine, model, input) : asPlain(input);
    const length = tokens.before.length + tokens.text.length + tokens.after.length;
    if (length <= max) {
      cut.push(input);
      continue;
    }
    const room = Math.max(0, max - tokens.before.length - tokens.after.length);
    cut.push([...tokens.before, ...tokens.text.slice(0, room), ...tokens.after]);
    truncated.push(`input[${index}]: ${length} to ${max} tokens`);
  }
  return { inputs: cut, truncated };
}

type Around = { readonly before: Tokens; readonly text: Tokens; readonly after: Tokens };

function asPlain(text: Tokens): Around {
  return { before: [], text, after: [] };
}

async function tokenizeAround(
  engine: Pick<Engine, "tokenize">,
  model: string,
  input: string,
): Promise<Around> {
  const [whole, plain] = await Promise.all([
    engine.tokenize(model, input, { addSpecial: true, parseSpecial: true }),
    engine.tokenize(model, input, { addSpecial: false, parseSpecial: true }),
  ]);
  const added = whole.tokens.length - plain.tokens.length;
  for (let start = 0; start <= added; start++) {
    const end = start + plain.tokens.length;
    if (plain.tokens.every((token, index) => whole.tokens[start + index] === token)) {
      return { before: whole.tokens.slice(0, start), text: plain.tokens, after: whole.tokens.slice(end) };
    }
  }
  return asPlain(whole.tokens);
}
