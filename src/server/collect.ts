import { AppError } from "../base/index.ts";
import type { FinishReason, GenerateEvent, Timings, TokenLogprob, Usage } from "../contract/index.ts";

export type JudgedEvent = Extract<GenerateEvent, { type: "judged" }>;
type DoneEvent = Extract<GenerateEvent, { type: "done" }>;
export type PromptTokens = Extract<GenerateEvent, { type: "prompt-logprobs" }>["tokens"];

export type CollectedToolCall = { id: string; name: string; arguments: string };

export type CollectedChoice = {
  text: string;
  reasoning: string;
  readonly toolCalls: CollectedToolCall[];
  readonly logprobs: TokenLogprob[];
  finish: FinishReason;
  /** What was said of it, where that was asked for. */
  judged?: JudgedEvent;
};

/** A whole answer, for replies that are not streamed. */
export type CollectedAnswer = {
  readonly choices: readonly CollectedChoice[];
  readonly promptTokens: PromptTokens;
  readonly usage: Usage;
  readonly timings: Timings;
};

export async function collectAnswer(
  events: AsyncIterable<GenerateEvent>,
  choices: number,
): Promise<CollectedAnswer> {
  const collected = Array.from({ length: choices }, createChoice);
  let promptTokens: PromptTokens = [];
  let done: DoneEvent | undefined;
  for await (const event of events) {
    if (event.type === "done") done = event;
    else if (event.type === "prompt-logprobs") promptTokens = event.tokens;
    else if (event.type !== "started") {
      const choice = collected[event.choice];
      if (choice) addEvent(choice, event);
    }
  }
  if (!done) throw new AppError("server_error", "The engine ended an answer without its usage.");
  return { choices: collected, promptTokens, usage: done.usage, timings: done.timings };
}

function createChoice(): CollectedChoice {
  return { text: "", reasoning: "", toolCalls: [], logprobs: [], finish: "stop" };
}

type ChoiceEvent = Exclude<GenerateEvent, { type: "started" | "done" | "prompt-logprobs" }>;

function addEvent(choice: CollectedChoice, event: ChoiceEvent): void {
  switch (event.type) {
    case "text":
      choice.text += event.text;
      return;
    case "reasoning":
      choice.reasoning += event.text;
      return;
    case "logprobs":
      choice.logprobs.push(...event.tokens);
      return;
    case "finish":
      choice.finish = event.reason;
      return;
    case "judged":
      choice.judged = event;
      return;
    case "tool-call": {
      choice.toolCalls[event.index] ??= { id: event.id ?? "", name: event.name ?? "", arguments: "" };
      const call = choice.toolCalls[event.index];
      if (call) call.arguments += event.argumentsDelta;
      return;
    }
    default:
      event satisfies never;
  }
}
