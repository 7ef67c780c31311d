import type { GgufHeader } from "./header.ts";
import { createTextWatch } from "./text-run.ts";

type InfillPart = { readonly keys: readonly string[]; readonly texts: readonly string[] };

/** The marks around a place to fill in: keys that name their tokens, and how vocabularies spell them (llama-vocab.cpp). */
const infillParts: readonly InfillPart[] = [
  {
    keys: ["tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id"],
    texts: [
      "<|fim_prefix|>",
      "<fim-prefix>",
      "<fim_prefix>",
      "<｜fim▁begin｜>",
      "<PRE>",
      "▁<PRE>",
      "<|code_prefix|>",
      "<|prefix|>",
    ],
  },
  {
    keys: ["tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.suffix_token_id"],
    texts: [
      "<|fim_suffix|>",
      "<fim-suffix>",
      "<fim_suffix>",
      "<｜fim▁hole｜>",
      "<SUF>",
      "▁<SUF>",
      "<|code_suffix|>",
      "<|suffix|>",
    ],
  },
  {
    keys: ["tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id"],
    texts: [
      "<|fim_middle|>",
      "<fim-middle>",
      "<fim_middle>",
      "<｜fim▁end｜>",
      "<MID>",
      "▁<MID>",
      "<|code_middle|>",
      "<|middle|>",
    ],
  },
];

/** What the reader looks out for in vocabularies that it does not keep. */
export const infillWatch = createTextWatch(infillParts.flatMap(({ texts }) => texts));

/** Whether the vocabulary has the three tokens that mark what stands before and after a gap, and the gap. */
export function hasInfillTokens(header: GgufHeader): boolean {
  const tokens = header.metadata.get("tokenizer.ggml.tokens");
  if (tokens?.type !== "array") return false;
  const known = new Set<unknown>(tokens.values ?? tokens.marks);
  const isToken = (key: string): boolean => {
    const entry = header.metadata.get(key);
    return entry?.type === "number" && entry.value >= 0 && entry.value < tokens.count;
  };
  return infillParts.every(({ keys, texts }) => keys.some(isToken) || texts.some((text) => known.has(text)));
}
