import type { GenerateInput } from "../contract/index.ts";

/** On the average; texts of code, or of other scripts than Latin, have fewer. */
const charactersPerToken = 4;

/** About how many tokens a text has, where no tokenizer is at hand. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

/** All that the model has to read, without what its template adds. */
export function wholeText(input: GenerateInput): string {
  if (input.type === "text") return input.text;
  if (input.type === "infill") return input.prefix + input.suffix;
  if (input.type === "tokens") return "";
  const tools = input.tools.length === 0 ? [] : [JSON.stringify(input.tools)];
  return [...tools, ...input.messages.map(({ content }) => content)].join("\n");
}
