/** The server's side of one model's process: starts and ends it, keeps account of what is in flight, routes what comes back. */
import { AppError, EventQueue, fromErrorRecord } from "../base/index.ts";
import type { GenerateEvent, GenerateRequest, ModelDescription } from "../contract/index.ts";
import {
  type Host,
  type HostExit,
  type StartedHost,
  Supervisor,
  type Watchdog,
  watchDeadline,
} from "../process/index.ts";
import type { LoadOptions } from "./host/load-options.ts";
import type { EngineObserver } from "./options.ts";
import { unpackEvent } from "./packed-event.ts";
import type { AdapterFile, HostEvent, HostMessage, HostRequest, HostResult, HostStats } from "./protocol.ts";
import type { HostSource } from "./spare-host.ts";

/** Templates and grammars run in the host between steps; one that takes longer than this takes the host down. */
export const prepareTimeoutMs = 10_000;

/** Of a host that has made no step, or is gone. */
const noStats: HostStats = {
  running: 0,
  waiting: 0,
  kvUsedTokens: 0,
  kvTotalTokens: 0,
  prefixCacheBytes: 0,
  prefixCacheEntries: 0,
};

type Reply<T> = { resolve(value: T): void; reject(error: unknown): void };
type Pending =
  | { readonly type: "generate"; readonly events: EventQueue<GenerateEvent> }
  | ({ readonly type: "call" } & Reply<HostResult>);

type Limits = Omit<Extract<HostRequest, { type: "limit" }>, "type">;
type Connection = { readonly host: Host<HostRequest>; readonly description: ModelDescription };
/** A message for a running host that wants an answer; its id is given when it is sent. */
type Call = DistributiveOmit<Extract<HostRequest, { id: number }>, "id">;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** How the process is started; `load` is what it is told first. */
export type HostPlan = {
  readonly load: LoadOptions;
  /** Private memory; past it the host is killed. */
  readonly memoryLimitBytes?: number;
};

export type ModelHostOptions = {
  readonly model: string;
  readonly loadTimeoutMs: number;
  /** The process ended by itself and no other could be started in its place. */
  readonly onLost?: () => void;
  readonly source: HostSource;
};

export class ModelHost {
  readonly #model: string;
  readonly #observer: EngineObserver;
  readonly #supervisor: Supervisor<Connection>;
  readonly #pending = new Map<number, Pending>();
  readonly #watchdogs = new Map<number, Watchdog>();
  readonly #onLost: (() => void) | undefined;
  readonly #source: HostSource;
  #plan: HostPlan | undefined;
  #ids = 0;
  #description: ModelDescription | undefined;
  #stats: HostStats | undefined;
  /** Changed since the plan; a process that is started anew by it is told them. */
  #limits: Limits = {};
  /** The deadline that was passed last. */
  #overrunMs = prepareTimeoutMs;

  constructor({ model, loadTimeoutMs, onLost, source }: ModelHostOptions, observer: EngineObserver) {
    this.#model = model;
    this.#source = source;
    this.#onLost = onLost;
    this.#observer = observer;
    this.#supervisor = new Supervisor<Connection>({
      name: `the engine of ${model}`,
      readyTimeoutMs: loadTimeoutMs,
      start: () => this.#startHost(),
      onExit: (exit) => this.#onExit(exit),
    });
  }

  /** Of the last load that succeeded. */
  get description(): ModelDescription | undefined {
    return this.#description;
  }

  get lastError(): string | undefined {
    return this.#supervisor.lastError?.message;
  }

  get state(): "loading" | "ready" | "failed" | "stopped" {
    switch (this.#supervisor.state) {
      case "ready":
        return "ready";
      case "starting":
        return "loading";
      case "stopped":
        return "stopped";
      case "circuit-open":
        return "failed";
      case "idle":
        return this.lastError === undefined ? "stopped" : "failed";
      default:
        return this.#supervisor.state satisfies never;
    }
  }

  get isCircuitOpen(): boolean {
    return this.#supervisor.state === "circuit-open";
  }

  /** What the process said last of its work; nothing where it made no step yet, or is gone. */
  get stats(): HostStats {
    return this.#stats ?? noStats;
  }

  get restarts(): number {
    return this.#supervisor.restarts;
  }

  get memoryBytes(): number {
    return this.#supervisor.current?.host.memoryBytes() ?? 0;
  }

  /** Starts the process as planned, or waits for the one that is starting. The plan holds for restarts too. */
  async load(plan: HostPlan, signal?: AbortSignal): Promise<ModelDescription> {
    if (plan !== this.#plan) this.#limits = {};
    this.#plan = plan;
    return (await this.#supervisor.acquire(signal)).description;
  }

  /** Of the running process, or the one that is being started in place of one that died. */
  async describe(signal?: AbortSignal): Promise<ModelDescription> {
    return (await this.#supervisor.acquire(signal)).description;
  }

  /** Ends the process and waits until its memory is free; `load` starts another. */
  async unload(): Promise<void> {
    this.#plan = undefined;
    await this.#supervisor.rest();
  }

  /** Changes the limits of the running process and of those that take its place, until another plan. */
  limit(limits: Limits): void {
    this.#limits = { ...this.#limits, ...limits };
    const host = this.#supervisor.current?.host;
    if (host) sendToLiving(host, { type: "limit", ...limits });
  }

  /** Events of one request. Leaving the iteration, or an abort, cancels it in the host. */
  async *generate(
    request: GenerateRequest,
    signal: AbortSignal,
    adapters: readonly AdapterFile[] = [],
  ): AsyncGenerator<GenerateEvent> {
    const { host } = await this.#supervisor.acquire(signal);
    signal.throwIfAborted();
    const id = ++this.#ids;
    const events = new EventQueue<GenerateEvent>();
    const onAbort = () => events.fail(signal.reason);
    this.#pending.set(id, { type: "generate", events });
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      host.send({ type: "generate", id, request, ...(adapters.length > 0 && { adapters }) });
      yield* events;
    } finally {
      signal.removeEventListener("abort", onAbort);
      if (this.#pending.delete(id)) sendToLiving(host, { type: "cancel", id });
    }
  }

  /** Sends one message that has one answer. */
  async call<Type extends HostResult["type"]>(
    message: Call,
    type: Type,
    signal?: AbortSignal,
  ): Promise<Extract<HostResult, { type: Type }>> {
    const { host } = await this.#supervisor.acquire(signal);
    const result = await this.#send(host, message, signal);
    if (!isResult(result, type))
      throw new AppError("server_error", `the engine answered ${result.type} to ${message.type}`);
    return result;
  }

  /** Ends the process for good. */
  async stop(): Promise<void> {
    this.#plan = undefined;
    await this.#supervisor.stop();
  }

  #send(host: Host<HostRequest>, message: Call, signal: AbortSignal | undefined): Promise<HostResult> {
    const id = ++this.#ids;
    return new Promise<HostResult>((resolve, reject) => {
      const onAbort = () => {
        if (this.#pending.delete(id)) sendToLiving(host, { type: "cancel", id });
        reject(signal?.reason);
      };
      const settle = () => signal?.removeEventListener("abort", onAbort);
      this.#pending.set(id, {
        type: "call",
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        host.send({ ...message, id });
      } catch (error) {
        this.#pending.delete(id);
        settle();
        reject(error);
      }
    });
  }

  #startHost(): StartedHost<Connection> {
    const plan = this.#plan;
    if (!plan) throw new AppError("server_error", `the engine of ${this.#model} has no plan to start by`);
    const startedAtMs = performance.now();
    const loaded = Promise.withResolvers<Connection>();
    const host = this.#source.start((message) => {
      if (message.type === "loaded") {
        const description = { id: this.#model, ...message.description };
        this.#description = description;
        this.#observer.modelLoaded(this.#model, {
          durationMs: performance.now() - startedAtMs,
          phases: message.phases,
          placement: description.placement,
          ...(message.adapterProblem !== undefined && { adapterProblem: message.adapterProblem }),
        });
        sendToLiving(host, { type: "limit", ...this.#limits });
        loaded.resolve({ host, description });
      } else if (message.type === "load-failed") loaded.reject(fromErrorRecord(message.error));
      else this.#receive(host, message);
    });
    if (plan.memoryLimitBytes !== undefined) host.limitMemory(plan.memoryLimitBytes);
    host.send({ type: "load", options: plan.load });
    return { host, ready: loaded.promise };
  }

  #receive(host: Host<HostRequest>, message: Exclude<HostMessage, { type: "loaded" | "load-failed" }>): void {
    switch (message.type) {
      case "devices":
        return;
      case "began":
        this.#watchdogs.set(message.id, this.#watch(host, message.deadlineMs ?? prepareTimeoutMs));
        return;
      case "ended":
        this.#watchdogs.get(message.id)?.cancel();
        this.#watchdogs.delete(message.id);
        return;
      case "events":
        for (const event of message.events) this.#route(unpackEvent(event));
        return;
      case "report":
        this.#stats = message.stats;
        if (message.steps.length > 0) this.#supervisor.recordSuccess();
        for (const step of message.steps) this.#observer.stepFinished(this.#model, step);
        return;
      default:
        message satisfies never;
    }
  }

  #watch(host: Host<HostRequest>, deadlineMs: number): Watchdog {
    return watchDeadline(deadlineMs, () => {
      this.#overrunMs = deadlineMs;
      host.kill("unresponsive");
    });
  }

  #route(event: HostEvent): void {
    const pending = this.#pending.get(event.id);
    if (!pending) return;
    if ("error" in event) {
      this.#pending.delete(event.id);
      fail(pending, fromErrorRecord(event.error));
    } else if ("result" in event) {
      this.#pending.delete(event.id);
      if (pending.type === "call") pending.resolve(event.result);
    } else if (pending.type === "generate") {
      pending.events.push(event.event);
      if (event.event.type !== "done") return;
      this.#pending.delete(event.id);
      pending.events.close();
    }
  }

  #onExit(exit: HostExit): void {
    const { size } = this.#pending;
    for (const watchdog of this.#watchdogs.values()) watchdog.cancel();
    this.#watchdogs.clear();
    this.#stats = undefined;
    const reason = exitReason(exit, this.#overrunMs);
    const error = new AppError(
      "host_died",
      `the engine of ${this.#model} ended while answering (${reason}); the next request starts a fresh one, send this one again`,
    );
    for (const pending of this.#pending.values()) fail(pending, error);
    this.#pending.clear();
    const expected = exit.killedFor === "requested";
    this.#observer.hostExited(this.#model, {
      expected,
      reason,
      inFlight: size,
      stderrTail: exit.stderrTail,
    });
    // A readiness probe that fails would keep away the request that starts the next host, so it starts by itself.
    if (!expected && this.#description && this.#plan)
      void this.#supervisor.acquire().catch(() => this.#onLost?.());
  }
}

function sendToLiving(host: Host<HostRequest>, message: HostRequest): void {
  try {
    host.send(message);
  } catch {
    // A host that is gone has nothing left to change, and its end is reported on its own.
  }
}

function fail(pending: Pending, error: AppError): void {
  if (pending.type === "generate") pending.events.fail(error);
  else pending.reject(error);
}

function isResult<Type extends HostResult["type"]>(
  result: HostResult,
  type: Type,
): result is Extract<HostResult, { type: Type }> {
  return result.type === type;
}

/** Only what reads an adapter says a deadline of its own. */
function exitReason(exit: HostExit, overrunMs: number): string {
  if (exit.killedFor === "memory-limit") return "it passed its memory limit";
  if (exit.killedFor === "unresponsive")
    return `${overrunMs === prepareTimeoutMs ? "a template or grammar" : "reading an adapter"} took longer than ${overrunMs / 1000} s`;
  return exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`;
}
