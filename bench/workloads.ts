/** What the two servers are measured on, and how far Hearth may stand from llama-server in each. */
import { join } from "node:path";
import { type BatchResult, type ChatMessage, type StreamRequest, streamBatch, streamChat } from "./load.ts";
import { ensureModel, halfBillion, smallVocabulary152k } from "./models.ts";
import { watchPeakMemory } from "./process-tree.ts";
import type { RunningServer } from "./servers.ts";
import { median } from "./statistics.ts";
import { randomWords } from "./words.ts";

export type Metric =
  | "tokensPerSecond"
  | "timeToFirstTokenMs"
  | "endToEndMs"
  | "evaluatedPerNewToken"
  | "readyMs"
  | "peakMemoryMiB";

export type Measurement = Readonly<Partial<Record<Metric, number>>>;

/** A bound on Hearth's figure: divided by llama-server's, less it, or on its own. */
export type Target = {
  readonly compare: "ratio" | "difference" | "none";
  readonly bound: "at-least" | "at-most";
  readonly value: number;
};

export type Workload = {
  readonly name: string;
  readonly title: string;
  readonly modelPath: () => Promise<string>;
  readonly parallel: number;
  readonly contextTokensPerStream: number;
  /** Fresh servers that one side of a pair is measured on; their median counts. */
  readonly starts: number;
  readonly targets: Readonly<Partial<Record<Metric, Target>>>;
  /** Other seeds mean other prompts, so that no cache knows them. */
  readonly measure: (server: RunningServer, seed: number, signal: AbortSignal) => Promise<Measurement>;
};

const OUTPUT_TOKENS = 64;
const PROMPT_WORDS = 128;
const WARM_UP_WORDS = 16;
const WARM_UP_TOKENS = 8;
const SINGLE_STREAM_REQUESTS = 3;
const SHARED_PROMPT_WORDS = 300;
const SHARED_QUESTION_WORDS = 32;
const CONVERSATION_WORDS = { system: 900, question: 1000, followUp: 64 } as const;
const FIRST_REPLY_TOKENS = 32;
const MIB = 1024 * 1024;

const atLeast = (value: number): Target => ({ compare: "ratio", bound: "at-least", value });
const atMost = (value: number): Target => ({ compare: "ratio", bound: "at-most", value });

const halfBillionBase = {
  modelPath: () => ensureModel(halfBillion),
  parallel: 8,
  contextTokensPerStream: 1024,
  starts: 1,
} as const;

export const workloads: readonly Workload[] = [
  {
    ...halfBillionBase,
    name: "one-stream",
    title: "1 stream, 0.5 B Q8_0, 128-word prompt, 64 out",
    parallel: 1,
    targets: { tokensPerSecond: atLeast(0.98), timeToFirstTokenMs: atMost(1.05) },
    measure: measureOneStream,
  },
  {
    ...halfBillionBase,
    name: "eight-streams",
    title: "8 streams, distinct prompts, 0.5 B Q8_0",
    targets: { tokensPerSecond: atLeast(0.95), timeToFirstTokenMs: atMost(0.65), endToEndMs: atMost(1.05) },
    measure: (server, seed, signal) => measureDistinct(server, seed, signal, 8),
  },
  {
    name: "large-vocabulary",
    title: "32 streams, small model, 152 k vocabulary",
    modelPath: () => ensureModel(smallVocabulary152k),
    parallel: 32,
    contextTokensPerStream: 512,
    starts: 1,
    targets: { tokensPerSecond: atLeast(1.15), timeToFirstTokenMs: atMost(1) },
    measure: (server, seed, signal) => measureDistinct(server, seed, signal, 32),
  },
  {
    ...halfBillionBase,
    name: "shared-prompt",
    title: "8 streams, shared 300-word system prompt",
    targets: { tokensPerSecond: atLeast(1.5), timeToFirstTokenMs: atMost(0.3) },
    measure: measureSharedPrompt,
  },
  {
    ...halfBillionBase,
    name: "second-turn",
    title: "second turn of a conversation of 2,000 tokens",
    parallel: 1,
    contextTokensPerStream: 4096,
    targets: {
      timeToFirstTokenMs: atMost(1),
      evaluatedPerNewToken: { compare: "none", bound: "at-most", value: 1 },
    },
    measure: measureSecondTurn,
  },
  {
    ...halfBillionBase,
    name: "start",
    title: "start to ready, 0.5 B Q8_0",
    starts: 3,
    targets: { readyMs: atMost(1) },
    measure: measureStart,
  },
  {
    name: "start-demo",
    title: "start to ready, hearth-demo",
    modelPath: async () => join(import.meta.dir, "../src/models/hearth-demo-q8_0.gguf"),
    parallel: 4,
    contextTokensPerStream: 1024,
    starts: 5,
    targets: { readyMs: { compare: "difference", bound: "at-most", value: 60 } },
    measure: measureStart,
  },
  {
    ...halfBillionBase,
    name: "memory",
    title: "peak memory of all processes, 0.5 B Q8_0, 8 streams",
    targets: { peakMemoryMiB: atMost(1.15) },
    measure: measureMemory,
  },
];

async function measureOneStream(
  server: RunningServer,
  seed: number,
  signal: AbortSignal,
): Promise<Measurement> {
  await warmUp(server, 1, seed, signal);
  const batches: BatchResult[] = [];
  for (let index = 0; index < SINGLE_STREAM_REQUESTS; index++) {
    batches.push(await streamBatch(server, [distinctRequest(seed + 1 + index)], signal));
  }
  return summarize(batches);
}

async function measureDistinct(
  server: RunningServer,
  seed: number,
  signal: AbortSignal,
  streams: number,
): Promise<Measurement> {
  await warmUp(server, streams, seed, signal);
  const requests = Array.from({ length: streams }, (_, index) => distinctRequest(seed + streams + index));
  return summarize([await streamBatch(server, requests, signal)]);
}

async function measureSharedPrompt(
  server: RunningServer,
  seed: number,
  signal: AbortSignal,
): Promise<Measurement> {
  await warmUp(server, halfBillionBase.parallel, seed, signal);
  const system: ChatMessage = { role: "system", content: randomWords(SHARED_PROMPT_WORDS, seed + 100) };
  const requests = Array.from({ length: halfBillionBase.parallel }, (_, index) => ({
    messages: [system, userMessage(SHARED_QUESTION_WORDS, seed + 200 + index)],
    maxTokens: OUTPUT_TOKENS,
    seed: seed + index,
  }));
  return summarize([await streamBatch(server, requests, signal)]);
}

/** What is new in the second turn is the first reply, which the servers word and thus split differently, and the follow-up. */
async function measureSecondTurn(
  server: RunningServer,
  seed: number,
  signal: AbortSignal,
): Promise<Measurement> {
  await warmUp(server, 1, seed, signal);
  const opening: ChatMessage[] = [
    { role: "system", content: randomWords(CONVERSATION_WORDS.system, seed + 1) },
    userMessage(CONVERSATION_WORDS.question, seed + 2),
  ];
  const first = await streamChat(server, { messages: opening, maxTokens: FIRST_REPLY_TOKENS, seed }, signal);
  const messages: ChatMessage[] = [
    ...opening,
    { role: "assistant", content: first.text },
    userMessage(CONVERSATION_WORDS.followUp, seed + 3),
  ];
  const second = await streamChat(server, { messages, maxTokens: OUTPUT_TOKENS, seed }, signal);
  return {
    timeToFirstTokenMs: second.timeToFirstTokenMs,
    evaluatedPerNewToken:
      (second.promptTokens - second.cachedTokens) / (second.promptTokens - first.promptTokens),
  };
}

/** The answer is asked for only to prove that ready meant ready. */
async function measureStart(server: RunningServer, seed: number, signal: AbortSignal): Promise<Measurement> {
  await warmUp(server, 1, seed, signal);
  return { readyMs: server.readyMs };
}

async function measureMemory(server: RunningServer, seed: number, signal: AbortSignal): Promise<Measurement> {
  using watch = watchPeakMemory(server.pid);
  await measureDistinct(server, seed, signal, halfBillionBase.parallel);
  return { peakMemoryMiB: watch.peakBytes() / MIB };
}

async function warmUp(
  server: RunningServer,
  streams: number,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const requests = Array.from({ length: streams }, (_, index) => ({
    messages: [userMessage(WARM_UP_WORDS, seed + index)],
    maxTokens: WARM_UP_TOKENS,
    seed,
  }));
  await streamBatch(server, requests, signal);
}

function distinctRequest(seed: number): StreamRequest {
  return { messages: [userMessage(PROMPT_WORDS, seed)], maxTokens: OUTPUT_TOKENS, seed };
}

function userMessage(words: number, seed: number): ChatMessage {
  return { role: "user", content: randomWords(words, seed) };
}

/** Tokens per second count from the first request sent to the last token received, prefill included. */
function summarize(batches: readonly BatchResult[]): Measurement {
  const streams = batches.flatMap((batch) => batch.streams);
  return {
    tokensPerSecond: median(batches.map(batchTokensPerSecond)),
    timeToFirstTokenMs: median(streams.map((stream) => stream.timeToFirstTokenMs)),
    endToEndMs: median(streams.map((stream) => stream.endToEndMs)),
  };
}

function batchTokensPerSecond({ streams, wallMs }: BatchResult): number {
  return (streams.reduce((sum, stream) => sum + stream.completionTokens, 0) * 1000) / wallMs;
}
