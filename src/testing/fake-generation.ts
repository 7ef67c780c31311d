import { AppError } from "../base/index.ts";
import type { FinishReason, GenerateEvent, GenerateRequest, TokenLogprob } from "../contract/index.ts";
import type { FakeStep } from "./fake-engine.ts";

type Playback = {
  readonly request: GenerateRequest;
  readonly prompt: readonly number[];
  /** Tokens left in the context after the prompt. */
  readonly room: number;
  readonly script: (request: GenerateRequest, choice: number) => readonly FakeStep[];
  readonly signal: AbortSignal;
  readonly loadMs: number;
};

type Choice = {
  readonly index: number;
  readonly steps: readonly FakeStep[];
  position: number;
  tokens: number;
  reasoningTokens: number;
  /** Text that could be the beginning of a stop string. */
  held: string;
  hasToolCall: boolean;
  isFinished: boolean;
};

const encoder = new TextEncoder();
const fixedLogprob = -0.5;

/** Plays the script of every choice, one token of each in turn, as a batch would. */
export async function* playScript(playback: Playback): AsyncGenerator<GenerateEvent> {
  const { request, prompt, signal, script, loadMs } = playback;
  yield { type: "started", promptTokens: prompt.length };
  if (request.promptLogprobs) yield { type: "prompt-logprobs", tokens: prompt.map(toPromptRecord(request)) };
  const choices = Array.from({ length: request.choices }, (_, index) =>
    createChoice(index, script(request, index)),
  );
  while (choices.some((choice) => !choice.isFinished)) {
    for (const choice of choices) {
      await pause(choice.steps[choice.position], signal);
      if (!choice.isFinished) yield* advance(choice, playback);
    }
  }
  const usage = {
    promptTokens: prompt.length,
    cachedTokens: 0,
    completionTokens: choices.reduce((sum, choice) => sum + choice.tokens, 0),
    reasoningTokens: choices.reduce((sum, choice) => sum + choice.reasoningTokens, 0),
  };
  yield { type: "done", usage, timings: { loadMs, queueMs: 1, prefillMs: 2, decodeMs: 4 } };
}

function createChoice(index: number, steps: readonly FakeStep[]): Choice {
  return {
    index,
    steps,
    position: 0,
    tokens: 0,
    reasoningTokens: 0,
    held: "",
    hasToolCall: false,
    isFinished: false,
  };
}

async function pause(step: FakeStep | undefined, signal: AbortSignal): Promise<void> {
  if (step && "until" in step) {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve(), { once: true });
    if (!signal.aborted) await Promise.race([step.until, aborted.promise]);
  } else {
    await Promise.resolve();
  }
  if (signal.aborted) throw new AppError("cancelled", "The request was cancelled.");
}

function* advance(choice: Choice, { request, room }: Playback): Generator<GenerateEvent> {
  if (choice.tokens >= Math.min(request.maxTokens ?? room, room)) return yield* finish(choice, "length");
  const repeats = request.sampling.ignoreEndOfSequence === true && choice.steps.length > 0;
  if (repeats) choice.position %= choice.steps.length;
  const step = choice.steps[choice.position++];
  if (!step) return yield* finish(choice, choice.hasToolCall ? "tool_calls" : "stop");
  if ("until" in step) return;
  if ("fail" in step) throw step.fail;
  choice.tokens++;
  if (request.topLogprobs !== undefined) {
    yield {
      type: "logprobs",
      choice: choice.index,
      tokens: [toRecord(step, request.topLogprobs, request.entropy)],
    };
  }
  if ("reasoning" in step) {
    choice.reasoningTokens++;
    yield { type: "reasoning", choice: choice.index, text: step.reasoning };
  } else if ("toolCall" in step) {
    choice.hasToolCall = true;
    yield { type: "tool-call", choice: choice.index, ...step.toolCall };
  } else yield* speak(choice, step.text, request.stop);
}

function* speak(choice: Choice, text: string, stops: readonly string[]): Generator<GenerateEvent> {
  choice.held += text;
  const found = stops
    .map((stop) => ({ stop, at: choice.held.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .sort((left, right) => left.at - right.at)[0];
  if (found) {
    choice.held = choice.held.slice(0, found.at);
    return yield* finish(choice, "stop", found.stop);
  }
  const keep = Math.max(0, ...stops.map((stop) => overlap(choice.held, stop)));
  const ready = choice.held.slice(0, choice.held.length - keep);
  choice.held = choice.held.slice(choice.held.length - keep);
  if (ready !== "") yield { type: "text", choice: choice.index, text: ready };
}

/** Length of the longest end of `text` that begins `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}

function* finish(choice: Choice, reason: FinishReason, stopSequence?: string): Generator<GenerateEvent> {
  choice.isFinished = true;
  if (choice.held !== "") yield { type: "text", choice: choice.index, text: choice.held };
  yield {
    type: "finish",
    choice: choice.index,
    reason,
    ...(stopSequence === undefined ? {} : { stopSequence }),
  };
}

function toRecord(step: FakeStep, top: number, entropy: boolean): TokenLogprob {
  const text = "text" in step ? step.text : "reasoning" in step ? step.reasoning : "{";
  return { ...createRecord(7, encoder.encode(text), top), ...(entropy ? { entropy: 0.25 } : {}) };
}

function toPromptRecord(request: GenerateRequest) {
  return (token: number, index: number) => {
    const bytes = Uint8Array.of(token);
    return index === 0 ? { token, bytes } : createRecord(token, bytes, request.topLogprobs ?? 0);
  };
}

function createRecord(token: number, bytes: Uint8Array, top: number): TokenLogprob {
  const alternatives = Array.from({ length: top }, (_, rank) => ({
    token: token + rank,
    bytes: rank === 0 ? bytes : encoder.encode(`other${rank}`),
    logprob: fixedLogprob - rank,
  }));
  return { token, bytes, logprob: fixedLogprob, top: alternatives };
}
