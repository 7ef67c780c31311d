import type { FinishReason, GenerateEvent, Receipt, TokenLogprob } from "../../contract/index.ts";
import type { CollectedAnswer, CollectedChoice } from "../collect.ts";
import { toHearthField } from "../hearth-fields.ts";
import { toContentLogprob } from "../logprobs.ts";
import { toReceiptField } from "../receipt-fields.ts";
import { toTimings, toUsage } from "./usage.ts";

/** How an answer is written, as the request asked for it. */
export type ChatFormat = {
  readonly id: string;
  readonly model: string;
  readonly createdSeconds: number;
  readonly fingerprint: string;
  readonly hasLogprobs: boolean;
  readonly includesUsage: boolean;
  readonly includesTimings: boolean;
  /** The request used `functions`, so a call is answered as `function_call`. */
  readonly usesFunctions: boolean;
  /** Where the answer came from, once that is known. */
  readonly readReceipt: () => Receipt | undefined;
};

export function toChatCompletion(answer: CollectedAnswer, format: ChatFormat) {
  return {
    id: format.id,
    object: "chat.completion",
    created: format.createdSeconds,
    model: format.model,
    system_fingerprint: format.fingerprint,
    choices: answer.choices.map((choice, index) => ({
      index,
      message: toMessage(choice, format),
      logprobs: format.hasLogprobs ? toLogprobs(choice.logprobs) : null,
      finish_reason: toFinishReason(choice.finish, format),
      ...(choice.judged && { hearth: toHearthField(choice.judged) }),
    })),
    usage: toUsage(answer.usage),
    ...toHearth(format),
    ...(format.includesTimings ? { timings: toTimings(answer.usage, answer.timings) } : {}),
  };
}

/** The texts that the answer was given, where there were any. */
function toHearth({ readReceipt }: ChatFormat) {
  const receipt = readReceipt();
  const hearth = receipt && toReceiptField(receipt);
  return hearth ? { hearth } : {};
}

function toMessage(choice: CollectedChoice, format: ChatFormat) {
  const calls = choice.toolCalls.map((call) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
  const [first] = calls;
  return {
    role: "assistant",
    content: choice.text === "" && first ? null : choice.text,
    refusal: null,
    ...(choice.reasoning === "" ? {} : { reasoning_content: choice.reasoning, reasoning: choice.reasoning }),
    ...(!first ? {} : format.usesFunctions ? { function_call: first.function } : { tool_calls: calls }),
  };
}

function toLogprobs(tokens: readonly TokenLogprob[]) {
  return { content: tokens.map(toContentLogprob), refusal: null };
}

function toFinishReason(reason: FinishReason, format: ChatFormat): string {
  return reason === "tool_calls" && format.usesFunctions ? "function_call" : reason;
}

export type EventEncoder = (event: GenerateEvent) => string;

/**
 * Writes the chunks of one stream. What never changes between chunks is serialised once, so a token costs the
 * serialisation of its own text.
 */
export function createChatEncoder(format: ChatFormat, choices: number): EventEncoder {
  const head = toChunkHead(format);
  const tail = format.includesUsage ? `,"usage":null}\n\n` : "}\n\n";
  const waitingLogprobs: TokenLogprob[][] = Array.from({ length: choices }, () => []);

  const takeLogprobs = (choice: number): string => {
    const tokens = waitingLogprobs[choice];
    if (!tokens || tokens.length === 0) return "null";
    return JSON.stringify(toLogprobs(tokens.splice(0)));
  };
  const chunk = (choice: number, delta: string, finish = "null") => {
    const logprobs = format.hasLogprobs ? takeLogprobs(choice) : "null";
    return `${head}[{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}]${tail}`;
  };

  return function encodeChatEvent(event) {
    switch (event.type) {
      case "text":
        return chunk(event.choice, `{"content":${JSON.stringify(event.text)}}`);
      case "reasoning": {
        const text = JSON.stringify(event.text);
        return chunk(event.choice, `{"reasoning_content":${text},"reasoning":${text}}`);
      }
      case "tool-call":
        return chunk(event.choice, toToolCallDelta(event, format));
      case "logprobs":
        waitingLogprobs[event.choice]?.push(...event.tokens);
        return "";
      case "finish": {
        const reason = JSON.stringify(toFinishReason(event.reason, format));
        return chunk(event.choice, "{}", reason);
      }
      case "started":
        return Array.from({ length: choices }, (_, choice) =>
          chunk(choice, `{"role":"assistant","content":"","refusal":null}`),
        ).join("");
      case "done":
        return encodeEnd(head, event, format);
      case "judged":
        return `${head}[{"index":${event.choice},"delta":{},"logprobs":null,"finish_reason":null,"hearth":${JSON.stringify(toHearthField(event))}}]${tail}`;
      case "prompt-logprobs":
        return "";
      default:
        return event satisfies never;
    }
  };
}

function toChunkHead(format: ChatFormat): string {
  const constant = JSON.stringify({
    id: format.id,
    object: "chat.completion.chunk",
    created: format.createdSeconds,
    model: format.model,
    system_fingerprint: format.fingerprint,
  });
  return `data: ${constant.slice(0, -1)},"choices":`;
}

function toToolCallDelta(event: Extract<GenerateEvent, { type: "tool-call" }>, format: ChatFormat): string {
  const call = { ...(event.name === undefined ? {} : { name: event.name }), arguments: event.argumentsDelta };
  if (format.usesFunctions) return JSON.stringify({ function_call: call });
  const opening = event.id === undefined ? {} : { id: event.id, type: "function" };
  return JSON.stringify({ tool_calls: [{ index: event.index, ...opening, function: call }] });
}

function encodeEnd(
  head: string,
  event: Extract<GenerateEvent, { type: "done" }>,
  format: ChatFormat,
): string {
  const timings = format.includesTimings
    ? `,"timings":${JSON.stringify(toTimings(event.usage, event.timings))}`
    : "";
  const usage = format.includesUsage ? `,"usage":${JSON.stringify(toUsage(event.usage))}` : "";
  const { hearth } = toHearth(format);
  const context = hearth ? `,"hearth":${JSON.stringify(hearth)}` : "";
  const extra = `${usage}${timings}${context}`;
  const last = extra === "" ? "" : `${head}[]${extra}}\n\n`;
  return `${last}data: [DONE]\n\n`;
}
