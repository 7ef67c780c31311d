/** The engine's loop: schedule, decode, sample, emit. It blocks while the library works; that is why it has a process. */
import { AppError, toErrorRecord } from "../../base/index.ts";
import type { HostEvent, HostStats, StepRecord } from "../protocol.ts";
import type { Backend, Batch, Sampler } from "./backend.ts";
import type { CostTable } from "./cost-table.ts";
import type { Job } from "./job.ts";
import type { KvCache } from "./kv-cache.ts";
import type { Scheduler, StepItem } from "./scheduler.ts";
import { appendToken, pendingTokens, type Sequence } from "./sequence.ts";

export type LoopDeps = {
  readonly backend: Backend;
  readonly kv: KvCache;
  readonly scheduler: Scheduler;
  readonly costs: CostTable;
  readonly nowMs: () => number;
  /** Runs work that may never come back, such as a grammar that explodes, under the server's eyes. */
  readonly watch: (work: () => void) => void;
};

type Row = { readonly sequence: Sequence; readonly batchIndex: number };

export class EngineLoop {
  readonly #deps: LoopDeps;
  readonly #batch: Batch;
  readonly #batchIndex: Int32Array;
  readonly #sampled: Int32Array;
  readonly #jobs = new Map<Sequence, Job>();
  #events: HostEvent[] = [];

  constructor(deps: LoopDeps) {
    const { batchTokens, maxSequences } = deps.backend.context;
    this.#deps = deps;
    this.#batch = {
      size: 0,
      tokens: new Int32Array(batchTokens),
      positions: new Int32Array(batchTokens),
      sequences: new Int32Array(batchTokens),
      outputs: new Int8Array(batchTokens),
    };
    this.#batchIndex = new Int32Array(maxSequences);
    this.#sampled = new Int32Array(maxSequences);
  }

  get hasWork(): boolean {
    return this.#deps.scheduler.hasWork;
  }

  /** Puts a prepared job's sequences in line. */
  add(job: Job): void {
    for (const sequence of job.sequences) {
      this.#jobs.set(sequence, job);
      this.#deps.scheduler.add(sequence);
    }
  }

  /** Drops a job between two steps; what it evaluated stays reusable. */
  cancel(job: Job): void {
    for (const sequence of job.sequences) this.#remove(sequence, { keep: true });
    job.free();
  }

  /** One turn of the loop. Returns what it did, or undefined when there was nothing to do. */
  step(): StepRecord | undefined {
    const startedAtMs = this.#deps.nowMs();
    const items = this.#schedule();
    if (items.length === 0) return undefined;
    const rows = this.#decode(items);
    // A step that could not run is quick and must not count as a fast one.
    if (!rows) return { durationMs: this.#deps.nowMs() - startedAtMs, decoded: 0, prefilled: 0 };
    this.#emit(this.#sample(rows));
    const step = this.#record(items, this.#deps.nowMs() - startedAtMs);
    // First tokens are waited for; parking can wait until only decoding is left.
    if (step.prefilled === 0) this.#deps.kv.parkSurplus();
    return step;
  }

  /** Uses a moment without work; false when there is nothing left to tidy. */
  tidy(): boolean {
    return this.#deps.kv.parkSurplus();
  }

  push(event: HostEvent): void {
    this.#events.push(event);
  }

  takeEvents(): HostEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  stats(): HostStats {
    const { kv, scheduler, backend } = this.#deps;
    return {
      running: scheduler.running.size,
      waiting: scheduler.waitingCount,
      kvUsedTokens: kv.usedTokens,
      kvTotalTokens: backend.context.kvTokens,
      prefixCacheBytes: kv.parkedBytes,
      prefixCacheEntries: kv.parkedEntries,
    };
  }

  #schedule(): StepItem[] {
    this.#deps.scheduler.admit();
    const items = this.#deps.scheduler.plan();
    const nowMs = this.#deps.nowMs();
    for (const { sequence } of items) sequence.startedAtMs ??= nowMs;
    return items;
  }

  /** Evaluates the items; the rows that are due a token, or undefined when the step could not run. */
  #decode(items: readonly StepItem[]): Row[] | undefined {
    const rows = this.#fillBatch(items);
    try {
      const [first] = items;
      if (first) this.#deps.backend.useAdapters(first.sequence.adapters);
      if (this.#deps.backend.decode(this.#batch) === "no-space") {
        this.#findSpace(items);
        return undefined;
      }
    } catch (error) {
      for (const { sequence } of items) this.#fail(sequence, error);
      return undefined;
    }
    let start = 0;
    for (const { sequence, tokens } of items) {
      if (sequence.promptLogprobs !== undefined) this.#recordPrompt(sequence, start, tokens);
      if (sequence.entry) sequence.entry.evaluated += tokens;
      start += tokens;
    }
    return rows;
  }

  #fillBatch(items: readonly StepItem[]): Row[] {
    const batch = this.#batch;
    const rows: Row[] = [];
    let size = 0;
    for (const { sequence, tokens } of items) {
      const { entry } = sequence;
      if (entry?.place.type !== "running")
        throw new AppError("server_error", "a planned sequence has no place in the cache");
      const from = entry.evaluated;
      batch.tokens.set(sequence.tokens.subarray(from, from + tokens), size);
      for (let i = 0; i < tokens; i++) batch.positions[size + i] = from + i;
      batch.sequences.fill(entry.place.sequence, size, size + tokens);
      batch.outputs.fill(sequence.promptLogprobs === undefined ? 0 : 1, size, size + tokens);
      size += tokens;
      if (tokens === pendingTokens(sequence)) {
        batch.outputs[size - 1] = 1;
        rows.push({ sequence, batchIndex: size - 1 });
      }
    }
    batch.size = size;
    return rows;
  }

  /** The cache was full: idle prefixes go first, then the last sequence waits, and the step is planned anew. */
  #findSpace(items: readonly StepItem[]): void {
    const { kv, scheduler } = this.#deps;
    if (kv.parkOldest() || scheduler.suspendLast()) return;
    const error = new AppError(
      "inference_error",
      "the KV cache has no room for this request; serve with a larger --kv-tokens or fewer --parallel",
    );
    for (const { sequence } of items) this.#fail(sequence, error);
  }

  #recordPrompt(sequence: Sequence, start: number, tokens: number): void {
    const from = sequence.entry?.evaluated ?? 0;
    const job = this.#jobs.get(sequence);
    for (let i = 0; i < tokens && from + i + 1 < sequence.promptLength; i++) {
      const next = sequence.tokens[from + i + 1] ?? 0;
      job?.addPromptLogprob(this.#deps.backend.rawLogprob(start + i, next, sequence.promptLogprobs ?? 0));
    }
  }

  /** Samples a token for every row that still wants one. */
  #sample(rows: readonly Row[]): Row[] {
    const due = rows.filter(({ sequence }) => sequence.length < sequence.maxLength);
    for (const { sequence } of rows)
      if (sequence.length >= sequence.maxLength) this.#finish(sequence, "length");
    const samplers: Sampler[] = [];
    for (const [i, { sequence, batchIndex }] of due.entries()) {
      this.#batchIndex[i] = batchIndex;
      samplers.push(sequence.sampler);
    }
    const sample = () => this.#deps.backend.sample(due.length, this.#batchIndex, samplers, this.#sampled);
    if (due.some(({ sequence }) => sequence.hasGrammar)) this.#deps.watch(sample);
    else if (due.length > 0) sample();
    return due;
  }

  #emit(rows: readonly Row[]): void {
    const nowMs = this.#deps.nowMs();
    for (const [i, { sequence }] of rows.entries()) {
      const token = this.#sampled[i] ?? -1;
      if (token < 0) {
        this.#fail(
          sequence,
          sequence.sampler.lastError ?? new AppError("inference_error", "no token could be sampled"),
        );
        continue;
      }
      const job = this.#jobs.get(sequence);
      if (!job) continue;
      sequence.firstTokenAtMs ??= nowMs;
      appendToken(sequence, token);
      const end = job.addToken(sequence, token);
      if (end) this.#finish(sequence, end);
      else if (sequence.length >= sequence.maxLength) this.#finish(sequence, "length");
    }
  }

  #finish(sequence: Sequence, reason: "stop" | "length"): void {
    const job = this.#jobs.get(sequence);
    this.#remove(sequence, { keep: sequence.cachePrompt });
    job?.finish(sequence, reason, this.#deps.nowMs());
  }

  #fail(sequence: Sequence, error: unknown): void {
    const job = this.#jobs.get(sequence);
    if (!job) return;
    for (const other of job.sequences) this.#remove(other, { keep: false });
    job.free();
    this.push({ id: job.id, error: toErrorRecord(error) });
  }

  #remove(sequence: Sequence, options: { readonly keep: boolean }): void {
    if (!this.#jobs.delete(sequence)) return;
    this.#deps.scheduler.remove(sequence, options);
  }

  #record(items: readonly StepItem[], durationMs: number): StepRecord {
    let prefilled = 0;
    for (const { tokens } of items) if (tokens > 1) prefilled += tokens;
    const decoded = items.filter(({ tokens }) => tokens === 1).length;
    if (prefilled > 0) this.#deps.costs.recordPrefill(prefilled, decoded, durationMs);
    else this.#deps.costs.recordDecode(decoded, durationMs);
    return { durationMs, decoded, prefilled };
  }
}
