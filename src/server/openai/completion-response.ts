import type { GenerateEvent, Timings, Usage } from "../../contract/index.ts";
import type { CollectedAnswer } from "../collect.ts";
import { streamEnd } from "./answer.ts";
import { createLegacyLogprobsWriter, type LegacyLogprobsWriter } from "./legacy-logprobs.ts";
import { toTimings, toUsage } from "./usage.ts";

/** How a completion is written, as the request asked for it. */
export type CompletionFormat = {
  readonly id: string;
  readonly model: string;
  readonly createdSeconds: number;
  readonly fingerprint: string;
  readonly choicesPerPrompt: number;
  /** Text that each prompt's answers begin with; empty unless echo was asked for. */
  readonly echoes: readonly string[];
  readonly topLogprobs: number | undefined;
  readonly includesUsage: boolean;
  readonly includesTimings: boolean;
};

/** An event of one of several prompts that are answered by one reply. */
export type PromptEvent = { readonly prompt: number; readonly event: GenerateEvent };

export function toCompletion(answers: readonly CollectedAnswer[], format: CompletionFormat) {
  const total = addAnswers(answers);
  return {
    id: format.id,
    object: "text_completion",
    created: format.createdSeconds,
    model: format.model,
    system_fingerprint: format.fingerprint,
    choices: answers.flatMap((answer, prompt) => toChoices(answer, prompt, format)),
    usage: toUsage(total.usage),
    ...(format.includesTimings ? { timings: toTimings(total.usage, total.timings) } : {}),
  };
}

function toChoices(answer: CollectedAnswer, prompt: number, format: CompletionFormat) {
  return answer.choices.map((choice, index) => ({
    text: (format.echoes[prompt] ?? "") + choice.text,
    index: prompt * format.choicesPerPrompt + index,
    logprobs:
      format.topLogprobs === undefined
        ? null
        : createLegacyLogprobsWriter(format.topLogprobs)([...answer.promptTokens, ...choice.logprobs]),
    finish_reason: choice.finish,
  }));
}

/** Sums over prompts; they run side by side, so the slowest gives the time. */
export function addAnswers(answers: readonly { readonly usage: Usage; readonly timings: Timings }[]) {
  const usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 };
  const timings = { loadMs: 0, queueMs: 0, prefillMs: 0, decodeMs: 0 };
  for (const answer of answers) {
    for (const field of Object.keys(usage) as (keyof Usage)[]) usage[field] += answer.usage[field];
    for (const field of Object.keys(timings) as (keyof Timings)[]) {
      timings[field] = Math.max(timings[field], answer.timings[field]);
    }
  }
  return { usage, timings };
}

/** Writes the chunks of a streamed completion; what never changes between them is serialised once. */
export function createCompletionEncoder(format: CompletionFormat): (event: PromptEvent) => string {
  const head = toChunkHead(format);
  const tail = format.includesUsage ? `,"usage":null}\n\n` : "}\n\n";
  const writers = new Map<number, LegacyLogprobsWriter>();
  const waiting = new Map<number, string>();
  const finished: Extract<GenerateEvent, { type: "done" }>[] = [];
  const chunk = (index: number, text: string, finish = "null") => {
    const logprobs = waiting.get(index) ?? "null";
    waiting.delete(index);
    return `${head}[{"text":${JSON.stringify(text)},"index":${index},"logprobs":${logprobs},"finish_reason":${finish}}]${tail}`;
  };
  const addLogprobs = (index: number, tokens: Parameters<LegacyLogprobsWriter>[0]) => {
    if (format.topLogprobs === undefined) return "";
    const writer = writers.get(index) ?? createLegacyLogprobsWriter(format.topLogprobs);
    writers.set(index, writer);
    const flushed = waiting.has(index) ? chunk(index, "") : "";
    waiting.set(index, JSON.stringify(writer(tokens)));
    return flushed;
  };
  const forEachChoice = (prompt: number, write: (index: number) => string) =>
    Array.from({ length: format.choicesPerPrompt }, (_, choice) =>
      write(prompt * format.choicesPerPrompt + choice),
    ).join("");

  return function encodeCompletionEvent({ prompt, event }) {
    switch (event.type) {
      case "text":
        return chunk(prompt * format.choicesPerPrompt + event.choice, event.text);
      case "logprobs":
        return addLogprobs(prompt * format.choicesPerPrompt + event.choice, event.tokens);
      case "prompt-logprobs":
        return forEachChoice(prompt, (index) => addLogprobs(index, event.tokens));
      case "finish":
        return chunk(prompt * format.choicesPerPrompt + event.choice, "", JSON.stringify(event.reason));
      case "started": {
        const echo = format.echoes[prompt] ?? "";
        return echo === "" ? "" : forEachChoice(prompt, (index) => chunk(index, echo));
      }
      case "done":
        finished.push(event);
        return finished.length < format.echoes.length ? "" : encodeEnd(head, addAnswers(finished), format);
      case "reasoning":
      case "tool-call":
      case "judged":
        return "";
      default:
        return event satisfies never;
    }
  };
}

function toChunkHead(format: CompletionFormat): string {
  const constant = JSON.stringify({
    id: format.id,
    object: "text_completion",
    created: format.createdSeconds,
    model: format.model,
    system_fingerprint: format.fingerprint,
  });
  return `data: ${constant.slice(0, -1)},"choices":`;
}

function encodeEnd(head: string, total: ReturnType<typeof addAnswers>, format: CompletionFormat): string {
  const timings = format.includesTimings
    ? `,"timings":${JSON.stringify(toTimings(total.usage, total.timings))}`
    : "";
  const usage = format.includesUsage ? `,"usage":${JSON.stringify(toUsage(total.usage))}` : "";
  const last = usage === "" && timings === "" ? "" : `${head}[]${usage}${timings}}\n\n`;
  return `${last}${streamEnd}`;
}
