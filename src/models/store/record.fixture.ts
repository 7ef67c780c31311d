import type { ModelSummary } from "../record.ts";

export const someSummary: ModelSummary = {
  architecture: "llama",
  parameters: 600_000_000,
  quantisation: "Q8_0",
  trainedContextTokens: 4096,
  embeddingLength: 64,
  capabilities: {
    generate: true,
    chat: true,
    tools: false,
    reasoning: false,
    infill: false,
    embed: false,
    rerank: false,
  },
};
