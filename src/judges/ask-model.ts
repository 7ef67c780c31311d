import { AppError, createId } from "../base/index.ts";
import type {
  FinishReason,
  GenerateRequest,
  JsonValue,
  Message,
  Sampling,
  TokenLogprob,
  Tool,
  ToolCall,
  ToolChoice,
  Usage,
} from "../contract/index.ts";
import type { JudgeDeps } from "./deps.ts";

/** One answer that a judge asks a model for. */
export type Question = {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly sampling?: Sampling;
  /** Absent: until the model ends, or its context. */
  readonly maxTokens?: number;
  /** JSON Schema that the answer has to fit. */
  readonly schema?: JsonValue;
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  /** Alternatives wanted for each token; absent: no log probabilities. */
  readonly topLogprobs?: number;
  /** Adds the entropy of the whole distribution to each token. */
  readonly entropy?: boolean;
  /** Whose share of the engine it counts against. */
  readonly tenant?: string;
  /** Calls of plugins and models above this one. */
  readonly depth?: number;
  /** `local`: neither the question nor the answer leaves this machine. */
  readonly privacy?: "local";
};

export type ModelAnswer = {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly logprobs: readonly TokenLogprob[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly durationMs: number;
};

const judgeTenant = "judge";

/** Asks a model by the one path of a request and collects its answer. Throws what the path throws. */
export async function askModel(
  { generate, clock }: Pick<JudgeDeps, "generate" | "clock">,
  question: Question,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const startedMs = clock.nowMs();
  const toolCalls: { id: string; name: string; arguments: string }[] = [];
  const logprobs: TokenLogprob[] = [];
  let text = "";
  let finishReason: FinishReason = "stop";
  let usage: Usage | undefined;
  for await (const event of generate(toRequest(question), signal)) {
    if (event.type === "text") text += event.text;
    else if (event.type === "logprobs") logprobs.push(...event.tokens);
    else if (event.type === "finish") finishReason = event.reason;
    else if (event.type === "done") usage = event.usage;
    else if (event.type === "tool-call") {
      toolCalls[event.index] ??= { id: event.id ?? "", name: event.name ?? "", arguments: "" };
      const call = toolCalls[event.index];
      if (call) call.arguments += event.argumentsDelta;
    }
  }
  if (!usage) throw new AppError("server_error", "The engine ended an answer without its usage.");
  return { text, toolCalls, logprobs, finishReason, usage, durationMs: clock.nowMs() - startedMs };
}

function toRequest(question: Question): GenerateRequest {
  const { model, messages, sampling = {}, maxTokens, schema, topLogprobs, depth, privacy } = question;
  const { tools = [], toolChoice = "auto", tenant = judgeTenant, entropy = false } = question;
  return {
    ...{ id: createId(judgeTenant), model, sampling, tenant, entropy },
    input: {
      ...{ type: "chat", messages, tools, toolChoice, parallelToolCalls: true },
      ...{ reasoning: { format: "split" }, templateVariables: {} },
      ...{ continueFinalMessage: false, addGenerationPrompt: true },
    },
    ...(maxTokens !== undefined && { maxTokens }),
    ...(schema !== undefined && { constraint: { type: "json-schema", schema } }),
    ...(topLogprobs !== undefined && { topLogprobs }),
    ...(depth !== undefined && { depth }),
    ...(privacy && { privacy }),
    ...{ stop: [], choices: 1, promptLogprobs: false, priority: "interactive", cachePrompt: true },
  };
}

/** A question of one message, as a user would put it. */
export function userMessage(content: string): readonly Message[] {
  return [{ role: "user", content }];
}
