import { AppError, toErrorRecord } from "../../base/index.ts";
import type { HostEvent } from "../protocol.ts";
import type { AdapterSet } from "./adapters.ts";
import type { Backend } from "./backend.ts";

export type EmbeddingJob = {
  readonly id: number;
  readonly kind: "vectors" | "scores";
  readonly inputs: readonly Int32Array[];
  readonly adapters: AdapterSet;
};

type Active = EmbeddingJob & { readonly vectors: Float32Array[]; readonly scores: number[]; done: number };

/** Tokens evaluated a step, so that generation and other callers wait no longer than for a prompt chunk. */
const stepTokens = 512;

/** Embedding and rerank work, a bounded piece of it beside each step of the loop, jobs in turn. */
export class EmbeddingQueue {
  readonly #backend: Backend;
  readonly #jobs: Active[] = [];

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Throws AppError context_limit_exceeded naming the first input that is too long, before any work. */
  add(job: EmbeddingJob): void {
    const max = this.#backend.context.embedTokens;
    for (const [index, tokens] of job.inputs.entries()) {
      if (tokens.length === 0)
        throw new AppError("invalid_request", `input ${index} has no tokens`, { details: { index } });
      if (tokens.length <= max) continue;
      throw new AppError(
        "context_limit_exceeded",
        `input ${index} has ${tokens.length} tokens and this model takes ${max}; split or shorten it`,
        { details: { index, required: tokens.length, max } },
      );
    }
    this.#jobs.push({ ...job, vectors: [], scores: [], done: 0 });
  }

  cancel(id: number): void {
    const index = this.#jobs.findIndex((job) => job.id === id);
    if (index >= 0) this.#jobs.splice(index, 1);
  }

  /** Evaluates the next piece of work; false when there is none left. */
  step(push: (event: HostEvent) => void): boolean {
    const job = this.#jobs.shift();
    if (!job) return false;
    try {
      this.#evaluate(job, nextInputs(job));
      if (job.done < job.inputs.length) this.#jobs.push(job);
      else push({ id: job.id, result: toResult(job) });
    } catch (error) {
      push({ id: job.id, error: toErrorRecord(error) });
    }
    return this.#jobs.length > 0;
  }

  #evaluate(job: Active, inputs: readonly Int32Array[]): void {
    if (job.kind === "vectors") job.vectors.push(...this.#backend.embed(inputs, job.adapters));
    else job.scores.push(...this.#backend.rank(inputs, job.adapters));
    job.done += inputs.length;
  }
}

function nextInputs(job: Active): readonly Int32Array[] {
  let end = job.done;
  let tokens = 0;
  while (end < job.inputs.length) {
    tokens += job.inputs[end]?.length ?? 0;
    if (end > job.done && tokens > stepTokens) break;
    end++;
  }
  return job.inputs.slice(job.done, end);
}

function toResult(job: Active) {
  const promptTokens = job.inputs.reduce((sum, tokens) => sum + tokens.length, 0);
  return job.kind === "vectors"
    ? ({ type: "vectors", vectors: job.vectors, promptTokens } as const)
    : ({ type: "scores", scores: job.scores, promptTokens } as const);
}
