export type { EmbedInput, EmbedRequest, EmbedResult, RerankRequest, RerankResult } from "./embed.ts";
export type {
  AdapterUse,
  AnswerEvent,
  CacheMode,
  ChatInput,
  Conversation,
  FinishReason,
  GenerateEvent,
  GenerateInput,
  GenerateRequest,
  Judging,
  OutputConstraint,
  Priority,
  ReasoningOptions,
  Sampling,
  Timings,
  TokenAlternative,
  TokenLogprob,
  Usage,
} from "./generate.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { Message, Tool, ToolCall, ToolChoice } from "./message.ts";
export type { ModelCapabilities, ModelDescription, ModelPlacement } from "./model.ts";
export type {
  CacheReceipt,
  Citation,
  ContextReceipt,
  Receipt,
  Retrieval,
  RouteAttempt,
  RouteReceipt,
} from "./receipt.ts";
