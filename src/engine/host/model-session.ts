/** Answers the server's messages for one loaded model, between the steps of the loop. */
import { AppError, toErrorRecord } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import type { HostChannel } from "../../process/index.ts";
import { packEvent } from "../packed-event.ts";
import type { HostMessage, HostRequest, HostResult, StepRecord } from "../protocol.ts";
import { AdapterTable } from "./adapters.ts";
import type { Backend } from "./backend.ts";
import { calibrateNext } from "./calibrate.ts";
import { type CostFile, openCostFile } from "./cost-file.ts";
import { type EmbeddingJob, EmbeddingQueue } from "./embedding-queue.ts";
import { createJob, type Job } from "./job.ts";
import { KvCache } from "./kv-cache.ts";
import type { LoadOptions } from "./load-options.ts";
import { EngineLoop } from "./loop.ts";
import { checkTokens, prepareRequest, renderPrompt } from "./prepare.ts";
import { Scheduler } from "./scheduler.ts";

/** Metrics are sent this often, not with every step: the server's core is also the model's. */
const reportIntervalMs = 200;
/** Names the sampling of a step in `began`; requests count from 1. */
const samplingId = 0;
/** How long nothing must have happened before a batch size is measured. */
const calibrationIdleMs = 300;
/** A request that comes first with an adapter waits for its file to be read. */
const adapterLoadDeadlineMs = 120_000;

type LimitRequest = Extract<HostRequest, { type: "limit" }>;
/** What has a sender that waits for an answer. */
type Ask = Exclude<HostRequest, { type: "open" | "devices" | "load" | "cancel" | "limit" }>;

export class ModelSession {
  readonly contextTokens: number;
  readonly #backend: Backend;
  readonly #channel: HostChannel<HostMessage>;
  readonly #maxParallel: number;
  readonly #kv: KvCache;
  readonly #scheduler: Scheduler;
  readonly #adapters: AdapterTable;
  readonly #costFile: CostFile;
  readonly #loop: EngineLoop;
  readonly #embeddings: EmbeddingQueue;
  readonly #jobs = new Map<number, Job>();
  #steps: StepRecord[] = [];
  #reportedAtMs = 0;
  #turning = false;
  #calibration: Timer | undefined;
  #parallel: number;

  constructor(backend: Backend, options: LoadOptions, channel: HostChannel<HostMessage>) {
    this.#backend = backend;
    this.#channel = channel;
    this.#maxParallel = options.parallel;
    this.#parallel = options.parallel;
    const { adapters = [], defaultAdapters = [] } = options;
    this.#adapters = new AdapterTable(backend, { adapters, defaultAdapters });
    this.contextTokens = backend.context.sequenceTokens;
    this.#kv = new KvCache(backend, { maxParkedBytes: options.prefixCacheBytes });
    this.#costFile = openCostFile(
      { ...options, gpuLayers: backend.model.placement.gpuLayers },
      backend.context,
    );
    const { costs } = this.#costFile;
    this.#scheduler = new Scheduler(this.#kv, costs, {
      parallel: options.parallel,
      batchTokens: backend.context.batchTokens,
      maxOutputs: backend.context.maxOutputs,
      nowMs: () => performance.now(),
    });
    this.#loop = new EngineLoop({
      backend,
      kv: this.#kv,
      scheduler: this.#scheduler,
      costs,
      nowMs: () => performance.now(),
      watch: (work) => this.#watch(samplingId, work),
    });
    this.#embeddings = new EmbeddingQueue(backend);
    this.#scheduleCalibration();
  }

  /** Reads the adapters that requests use by default; the reason where they cannot be used. */
  loadDefaultAdapters(): string | undefined {
    try {
      this.#adapters.resolve();
      return undefined;
    } catch (error) {
      return toErrorRecord(error).message;
    }
  }

  receive(message: Exclude<HostRequest, { type: "open" | "devices" | "load" }>): void {
    clearTimeout(this.#calibration);
    if (message.type === "cancel") this.#cancel(message.id);
    else if (message.type === "limit") this.#limit(message);
    else this.#guard(message);
    this.#turn();
  }

  /** Reports a failure of one request to its sender and to nobody else. */
  #guard(message: Ask): void {
    const { id } = message;
    const work = () => {
      try {
        this.#handle(message);
      } catch (error) {
        this.#loop.push({ id, error: toErrorRecord(error) });
      }
    };
    if (message.type === "generate") this.#adapters.offer(message.adapters ?? []);
    const readsAdapter = this.#adapters.mustLoad(message.type === "generate" ? message.request.adapters : []);
    this.#watch(id, work, readsAdapter ? { deadlineMs: adapterLoadDeadlineMs } : {});
    this.#flush();
  }

  /** The server ends a host whose work does not come back in time: nothing in this process could. */
  #watch(id: number, work: () => void, options: { readonly deadlineMs?: number } = {}): void {
    this.#channel.send({ type: "began", id, ...options });
    work();
    this.#channel.send({ type: "ended", id });
  }

  #limit({ parallel, threads, prefixCacheBytes }: LimitRequest): void {
    if (parallel !== undefined) {
      this.#parallel = Math.max(1, Math.min(parallel, this.#maxParallel));
      this.#scheduler.setParallel(this.#parallel);
    }
    if (threads !== undefined) {
      const active = Math.max(1, Math.min(threads, this.#backend.context.threads));
      this.#backend.setThreads(active);
      this.#costFile.changeThreads(active);
    }
    if (prefixCacheBytes !== undefined) this.#kv.setMaxParkedBytes(Math.max(0, prefixCacheBytes));
  }

  #handle(message: Ask): void {
    const { id } = message;
    switch (message.type) {
      case "generate":
        this.#start(id, message.request);
        break;
      case "embed":
        this.#embed(
          id,
          "vectors",
          message.inputs.map((input) => this.#embedTokens(input)),
        );
        break;
      case "rerank":
        this.#embed(
          id,
          "scores",
          message.documents.map((document) => this.#backend.rerankTokens(message.query, document)),
        );
        break;
      case "tokenize": {
        const tokens = this.#backend.tokenize(message.text, message);
        const pieces = Array.from(tokens, (token) => this.#backend.piece(token, true));
        this.#reply(id, { type: "tokens", tokens: [...tokens], pieces });
        break;
      }
      case "detokenize": {
        const tokens = checkTokens(message.tokens, this.#backend.model.vocabularySize);
        this.#reply(id, { type: "text", text: this.#backend.detokenize(tokens) });
        break;
      }
      case "render":
        this.#reply(id, { type: "text", text: renderPrompt(this.#backend, message.request) });
        break;
      default:
        message satisfies never;
    }
  }

  #start(id: number, request: GenerateRequest): void {
    const prepared = prepareRequest(
      { backend: this.#backend, contextTokens: this.contextTokens, adapters: this.#adapters },
      request,
    );
    const deps = { backend: this.#backend, push: this.#loop.push.bind(this.#loop), nowMs: performance.now() };
    const job = createJob(deps, id, request, prepared);
    this.#jobs.set(id, job);
    this.#loop.push({ id, event: { type: "started", promptTokens: prepared.tokens.length } });
    this.#loop.add(job);
  }

  #cancel(id: number): void {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    this.#embeddings.cancel(id);
    if (job) this.#loop.cancel(job);
  }

  #embedTokens(input: string | readonly number[]): Int32Array {
    if (typeof input !== "string") return checkTokens(input, this.#backend.model.vocabularySize);
    return this.#backend.tokenize(input, { addSpecial: true, parseSpecial: false });
  }

  #embed(id: number, kind: EmbeddingJob["kind"], inputs: readonly Int32Array[]): void {
    const { capabilities } = this.#backend.model;
    if (kind === "scores" && !capabilities.rerank)
      throw new AppError("invalid_request", "this model has no rank head; rerank needs a reranker model");
    if (kind === "vectors" && !capabilities.embed)
      throw new AppError("invalid_request", "this model makes no embeddings");
    this.#embeddings.add({ id, kind, inputs, adapters: this.#adapters.resolve() });
  }

  #reply(id: number, result: HostResult): void {
    this.#loop.push({ id, result });
  }

  /** Steps until there is nothing to do, letting messages in between two steps. */
  #turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    const next = (): void => {
      const step = this.#loop.step();
      const embedded = this.#embeddings.step((event) => this.#loop.push(event));
      this.#flush();
      const goesOn = this.#loop.hasWork || embedded || this.#loop.tidy();
      this.#report(step, { now: !goesOn });
      if (goesOn) {
        setImmediate(next);
        return;
      }
      this.#turning = false;
      this.#scheduleCalibration();
    };
    setImmediate(next);
  }

  #flush(): void {
    const events = this.#loop.takeEvents();
    if (events.length === 0) return;
    for (const event of events) {
      if ("error" in event || ("event" in event && event.event.type === "done")) this.#jobs.delete(event.id);
    }
    this.#channel.send({ type: "events", events: events.map(packEvent) });
  }

  #report(step: StepRecord | undefined, { now }: { readonly now: boolean }): void {
    if (step) this.#steps.push(step);
    const nowMs = performance.now();
    if (!now && nowMs - this.#reportedAtMs < reportIntervalMs) return;
    this.#reportedAtMs = nowMs;
    this.#channel.send({ type: "report", stats: this.#loop.stats(), steps: this.#steps });
    this.#steps = [];
  }

  #scheduleCalibration(): void {
    clearTimeout(this.#calibration);
    this.#calibration = setTimeout(() => {
      const { costs } = this.#costFile;
      const deps = { backend: this.#backend, kv: this.#kv, costs, nowMs: () => performance.now() };
      if (this.#backend.model.capabilities.generate && calibrateNext(deps, this.#parallel))
        this.#scheduleCalibration();
      else this.#costFile.save();
    }, calibrationIdleMs);
  }
}
