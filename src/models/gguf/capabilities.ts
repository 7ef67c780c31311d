import type { ModelCapabilities } from "../record.ts";
import { findNumber, findText, type GgufHeader } from "./header.ts";
import { hasInfillTokens } from "./infill-tokens.ts";

/** Read a text with a part of their own before they write, or do not write from left to right (llama-arch.cpp). */
const withoutDecoder: ReadonlySet<string> = new Set([
  "t5",
  "t5encoder",
  "eagle3",
  "dflash",
  "dream",
  "llada",
  "llada-moe",
  "rnd1",
]);
/** llama_pooling_type: none and rank. */
const noPooling = 0;
const rankPooling = 4;
const toolWords = /\b(tools|tool_calls)\b/;
/** How the templates of models that think spell it, or what they take to switch it on and off. */
const reasoningWords =
  /<\/?think(ing)?>|\[THINK\]|<seed:think|<\|channel\|>|\benable_thinking\b|\breasoning_content\b|<\|START_THINKING\|>/;

/**
 * What a model can do, from its header alone: the same as its engine host finds once it is loaded, except that tools and
 * reasoning are seen by the words of the chat template and not by rendering it.
 */
export function findCapabilities(header: GgufHeader): ModelCapabilities {
  const architecture = findText(header, "general.architecture") ?? "";
  const pooling = findNumber(header, `${architecture}.pooling_type`) ?? noPooling;
  const causal = header.metadata.get(`${architecture}.attention.causal`);
  const isCausal = causal?.type !== "boolean" || causal.value;
  const generate = isCausal && pooling === noPooling && !withoutDecoder.has(architecture);
  const rerank = pooling === rankPooling;
  const template = generate ? findTemplates(header) : "";
  return {
    generate,
    chat: generate,
    tools: toolWords.test(template),
    reasoning: reasoningWords.test(template),
    infill: generate && hasInfillTokens(header),
    embed: !rerank,
    rerank,
  };
}

/** The default template and, where there is one, that for tools, which is taken instead. */
function findTemplates(header: GgufHeader): string {
  const main = findText(header, "tokenizer.chat_template") ?? "";
  return `${main}\n${findText(header, "tokenizer.chat_template.tool_use") ?? ""}`;
}
