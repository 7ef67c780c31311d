import type { GenerateEvent, GenerateRequest, TokenLogprob } from "../../contract/index.ts";
import type { HostEvent } from "../protocol.ts";
import { Answer, type AnswerOptions } from "./answer.ts";
import type { Backend, RawLogprob } from "./backend.ts";
import type { PreparedRequest } from "./prepare.ts";
import type { Sequence } from "./sequence.ts";

/** A request being answered: one sequence a choice, and what its events are made of. */
export type Job = {
  readonly id: number;
  readonly sequences: readonly Sequence[];
  /** Adds a generated token to its answer; a reason when the answer ends with it. */
  addToken(sequence: Sequence, token: number): "stop" | undefined;
  addPromptLogprob(record: RawLogprob): void;
  finish(sequence: Sequence, reason: "stop" | "length", nowMs: number): void;
  /** Releases samplers and parsers; safe to call twice. */
  free(): void;
};

export type JobDeps = {
  readonly backend: Backend;
  readonly push: (event: HostEvent) => void;
  readonly nowMs: number;
};

let sequenceIds = 0;

/** Builds a job's sequences with their samplers. Throws AppError invalid_request for a grammar that does not parse. */
export function createJob(
  deps: JobDeps,
  id: number,
  request: GenerateRequest,
  prepared: PreparedRequest,
): Job {
  const { backend } = deps;
  const emit = (event: GenerateEvent) => deps.push({ id, event });
  const sequences = createSequences(deps, request, prepared);
  const answers = new Map(
    sequences.map((sequence, choice) => [
      sequence,
      new Answer({
        ...{ choice, stops: prepared.stops, parser: prepared.createParser?.(), emit },
        ...describeLogprobs(backend, request, sequence),
      }),
    ]),
  );
  const promptLogprobs: RawLogprob[] = [];
  let unfinished = sequences.length;
  let freed = false;

  function free(): void {
    if (freed) return;
    freed = true;
    for (const sequence of sequences) sequence.sampler.free();
    for (const answer of answers.values()) answer.free();
  }

  return {
    id,
    sequences,
    free,
    addToken(sequence, token) {
      if (backend.model.endTokens.has(token)) return "stop";
      const answer = answers.get(sequence);
      const bytes = backend.piece(token, prepared.preservedTokens.has(token));
      answer?.add(bytes);
      return answer?.stopSequence === undefined ? undefined : "stop";
    },
    addPromptLogprob(record) {
      promptLogprobs.push(record);
    },
    finish(sequence, reason, nowMs) {
      if (unfinished === sequences.length && request.promptLogprobs) {
        emit({ type: "prompt-logprobs", tokens: toPromptLogprobs(backend, prepared.tokens, promptLogprobs) });
      }
      answers.get(sequence)?.finish(reason);
      if (--unfinished > 0) return;
      emit(createDone(sequences, [...answers.values()], nowMs));
      free();
    },
  };
}

function createSequences(
  { backend, nowMs }: JobDeps,
  request: GenerateRequest,
  prepared: PreparedRequest,
): Sequence[] {
  const sequences: Sequence[] = [];
  try {
    for (let choice = 0; choice < request.choices; choice++) {
      const options = prepared.samplerOptions(choice);
      const sampler = backend.createSampler(options);
      sampler.acceptPrompt(prepared.tokens);
      const hasGrammar = options.grammar !== undefined;
      sequences.push(createSequence(request, prepared, { sampler, hasGrammar, choice, nowMs }));
    }
  } catch (error) {
    for (const { sampler } of sequences) sampler.free();
    throw error;
  }
  return sequences;
}

function describeLogprobs(
  backend: Backend,
  { topLogprobs, entropy, lateLogprobs = false }: GenerateRequest,
  { sampler }: Sequence,
): Pick<AnswerOptions, "takeLogprobs" | "lateLogprobs"> {
  if (topLogprobs === undefined && !entropy) return {};
  return {
    lateLogprobs,
    takeLogprobs: (count) =>
      sampler.takeLogprobs(count).map((record) => toTokenLogprob(backend, record, { entropy })),
  };
}

type ChoiceOptions = { readonly choice: number; readonly nowMs: number };

function createSequence(
  request: GenerateRequest,
  { tokens, maxLength, adapters }: PreparedRequest,
  { sampler, hasGrammar, choice, nowMs }: Pick<Sequence, "sampler" | "hasGrammar"> & ChoiceOptions,
): Sequence {
  return {
    id: ++sequenceIds,
    priority: request.priority,
    tenant: request.tenant,
    adapters,
    sampler,
    hasGrammar,
    cachePrompt: request.cachePrompt,
    promptLogprobs: request.promptLogprobs && choice === 0 ? (request.topLogprobs ?? 0) : undefined,
    tokens,
    length: tokens.length,
    promptLength: tokens.length,
    maxLength,
    entry: undefined,
    reusedTokens: undefined,
    arrival: 0,
    lastStep: 0,
    queuedAtMs: nowMs,
    startedAtMs: undefined,
    firstTokenAtMs: undefined,
  };
}

function createDone(
  sequences: readonly Sequence[],
  answers: readonly Answer[],
  nowMs: number,
): GenerateEvent {
  const [first] = sequences;
  const startedAtMs = first?.startedAtMs ?? nowMs;
  const firstTokenAtMs = first?.firstTokenAtMs ?? nowMs;
  return {
    type: "done",
    usage: {
      promptTokens: first?.promptLength ?? 0,
      cachedTokens: first?.reusedTokens ?? 0,
      completionTokens: sequences.reduce((sum, sequence) => sum + sequence.length - sequence.promptLength, 0),
      reasoningTokens: answers.reduce((sum, answer) => sum + answer.reasoningTokens, 0),
    },
    timings: {
      loadMs: 0,
      queueMs: startedAtMs - (first?.queuedAtMs ?? startedAtMs),
      prefillMs: firstTokenAtMs - startedAtMs,
      decodeMs: nowMs - firstTokenAtMs,
    },
  };
}

function toTokenLogprob(
  backend: Backend,
  record: RawLogprob,
  options: { readonly entropy: boolean },
): TokenLogprob {
  return {
    token: record.token,
    bytes: backend.piece(record.token, true),
    logprob: record.logprob,
    top: Array.from(record.topTokens, (token, i) => ({
      token,
      bytes: backend.piece(token, true),
      logprob: record.topLogprobs[i] ?? Number.NEGATIVE_INFINITY,
    })),
    ...(options.entropy && { entropy: record.entropy }),
  };
}

function toPromptLogprobs(backend: Backend, tokens: Int32Array, records: readonly RawLogprob[]) {
  const first = tokens[0] ?? 0;
  return [
    { token: first, bytes: backend.piece(first, true) },
    ...records.map((record) => toTokenLogprob(backend, record, { entropy: false })),
  ];
}
