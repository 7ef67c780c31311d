import { hashText } from "../../base/index.ts";
import type { GenerateInput, GenerateRequest, JsonObject } from "../../contract/index.ts";

/** What the fingerprint holds that the request itself does not say. */
export type FingerprintFacts = {
  /** Canonical name of the model, with the digest of its files where they are here. */
  readonly model: string;
  /** Where `auto` may send the request; absent for a model of its own name. */
  readonly route?: JsonObject;
  /** State of the collections that it is answered from; absent where it is from none. */
  readonly context?: string;
  /** The model whose vectors compare questions; absent: none does. */
  readonly space?: string;
};

/** Hash of everything but the question that changes the answer to a request. Hexadecimal. */
export function fingerprintOf(request: GenerateRequest, facts: FingerprintFacts): string {
  const { tenant, sampling, constraint, maxTokens, stop, adapters, contextTokens } = request;
  const { retrieval, privacy, routing } = request;
  const key = {
    ...{ version: 1, tenant, sampling, constraint, maxTokens, stop, adapters, contextTokens },
    ...{ retrieval, privacy, routing, facts },
    input: inputKey(request.input),
  };
  return hashText(toCanonicalJson(key));
}

/** The input without the text of the question. */
function inputKey(input: GenerateInput): unknown {
  if (input.type !== "chat") return { type: input.type };
  const { messages, tools, reasoning, templateVariables, addGenerationPrompt, renderedPrompt } = input;
  const { content: _, ...last } = messages.at(-1) ?? { content: "" };
  return {
    ...{ type: "chat", history: messages.slice(0, -1), last, tools, reasoning, templateVariables },
    ...{ addGenerationPrompt, renderedPrompt },
  };
}

/** JSON whose objects have their keys in order, so that equal values have equal texts. */
function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
