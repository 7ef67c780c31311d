/** The server's side of one model: starts its host on demand, keeps account of what is in flight, routes what comes back. */
import { AppError, EventQueue, fromErrorRecord } from "../base/index.ts";
import type { GenerateEvent, GenerateRequest, ModelDescription } from "../contract/index.ts";
import {
  type Host,
  type HostExit,
  type StartedHost,
  Supervisor,
  spawnHost,
  type Watchdog,
  watchDeadline,
} from "../process/index.ts";
import type { EngineStats } from "./engine.ts";
import type { EngineObserver, EngineOptions, ModelOptions } from "./options.ts";
import type { HostEvent, HostMessage, HostRequest, HostResult, HostStats } from "./protocol.ts";

/** A host's own code is light; compiling it further would take the cores that its model computes on. */
const hostEnvironment = { BUN_JSC_useFTLJIT: "0", BUN_JSC_useDFGJIT: "0" };

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

type Connection = { readonly host: Host<HostRequest>; readonly description: ModelDescription };
/** A message for a running host that wants an answer; its id is given when it is sent. */
type Call = DistributiveOmit<Extract<HostRequest, { id: number }>, "id">;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export class ModelHost {
  readonly #model: ModelOptions;
  readonly #options: EngineOptions;
  readonly #observer: EngineObserver;
  readonly #supervisor: Supervisor<Connection>;
  readonly #pending = new Map<number, Pending>();
  readonly #watchdogs = new Map<number, Watchdog>();
  #ids = 0;
  /** Sequences asked for and not yet ended, those waiting for a host to start included. */
  #places = 0;
  #description: ModelDescription | undefined;
  #stats: HostStats | undefined;
  #drained: (() => void) | undefined;
  #draining = false;

  constructor(model: ModelOptions, options: EngineOptions, observer: EngineObserver) {
    this.#model = model;
    this.#options = options;
    this.#observer = observer;
    this.#supervisor = new Supervisor<Connection>({
      name: `the engine of ${model.id}`,
      readyTimeoutMs: options.loadTimeoutMs,
      start: () => this.#startHost(),
      onExit: (exit) => this.#onExit(exit),
    });
  }

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

  get stats(): EngineStats {
    // A host reports when it makes a step, so what it last said of a request may outlive the request.
    const running = Math.min(this.#stats?.running ?? 0, this.#places);
    return {
      ...(this.#stats ?? noStats),
      running,
      waiting: this.#places - running,
      restarts: this.#supervisor.restarts,
      hostMemoryBytes: this.#supervisor.current?.host.memoryBytes() ?? 0,
    };
  }

  async describe(signal?: AbortSignal): Promise<ModelDescription> {
    return (await this.#supervisor.acquire(signal)).description;
  }

  /** Events of one request. Leaving the iteration, or an abort, cancels it in the host. */
  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    const release = this.#takePlaces(request.choices);
    try {
      const { host } = await this.#supervisor.acquire(signal);
      signal.throwIfAborted();
      const id = ++this.#ids;
      const events = new EventQueue<GenerateEvent>();
      const onAbort = () => events.fail(signal.reason);
      this.#pending.set(id, { type: "generate", events });
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        host.send({ type: "generate", id, request });
        yield* events;
      } finally {
        signal.removeEventListener("abort", onAbort);
        if (this.#pending.delete(id)) this.#cancel(host, id);
      }
    } finally {
      release();
    }
  }

  /** Sends one message that has one answer. */
  async call<Type extends HostResult["type"]>(
    message: Call,
    type: Type,
    signal?: AbortSignal,
  ): Promise<Extract<HostResult, { type: Type }>> {
    const release = this.#takePlaces(1);
    try {
      const { host } = await this.#supervisor.acquire(signal);
      const result = await this.#send(host, message, signal);
      if (!isResult(result, type))
        throw new AppError("server_error", `the engine answered ${result.type} to ${message.type}`);
      return result;
    } finally {
      release();
    }
  }

  /** Refuses new work, waits until what runs has ended or the deadline passes, then ends the host. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#draining = true;
    if (this.#places > 0 && !deadline.aborted) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        deadline.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    await this.#supervisor.stop();
  }

  #takePlaces(places: number): () => void {
    const { parallel, queue } = this.#options;
    if (this.#draining)
      throw new AppError("shutting_down", "the server is shutting down; try again on its successor");
    if (this.#places + places > parallel + queue) {
      throw new AppError(
        "queue_full",
        `${this.#model.id} is busy: ${parallel} requests may run and ${queue} wait; try again shortly or raise --queue`,
        { details: { parallel, queue } },
      );
    }
    this.#places += places;
    return () => {
      this.#places -= places;
      if (this.#places === 0) this.#drained?.();
    };
  }

  #send(host: Host<HostRequest>, message: Call, signal: AbortSignal | undefined): Promise<HostResult> {
    const id = ++this.#ids;
    return new Promise<HostResult>((resolve, reject) => {
      const onAbort = () => {
        if (this.#pending.delete(id)) this.#cancel(host, id);
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

  #cancel(host: Host<HostRequest>, id: number): void {
    try {
      host.send({ type: "cancel", id });
    } catch {
      // A host that is gone has nothing left to cancel, and its end is reported on its own.
    }
  }

  #startHost(): StartedHost<Connection> {
    const startedAtMs = performance.now();
    const loaded = Promise.withResolvers<Connection>();
    const host = spawnHost<HostRequest, HostMessage>({
      role: "engine-host",
      environment: hostEnvironment,
      ...(this.#options.memoryLimitBytes !== undefined && {
        memoryLimitBytes: this.#options.memoryLimitBytes,
      }),
      onMessage: (message) => {
        if (message.type === "loaded") {
          this.#description = { id: this.#model.id, ...message.description };
          this.#observer.modelLoaded(this.#model.id, performance.now() - startedAtMs);
          loaded.resolve({ host, description: this.#description });
        } else if (message.type === "load-failed") loaded.reject(fromErrorRecord(message.error));
        else this.#receive(host, message);
      },
    });
    host.send({ type: "load", options: this.#loadOptions() });
    return { host, ready: loaded.promise };
  }

  #loadOptions() {
    const { models, queue, loadTimeoutMs, memoryLimitBytes, ...options } = this.#options;
    const { chatTemplate } = this.#model;
    return { ...options, modelPath: this.#model.path, ...(chatTemplate !== undefined && { chatTemplate }) };
  }

  #receive(host: Host<HostRequest>, message: Exclude<HostMessage, { type: "loaded" | "load-failed" }>): void {
    switch (message.type) {
      case "began":
        this.#watchdogs.set(
          message.id,
          watchDeadline(prepareTimeoutMs, () => host.kill("unresponsive")),
        );
        return;
      case "ended":
        this.#watchdogs.get(message.id)?.cancel();
        this.#watchdogs.delete(message.id);
        return;
      case "events":
        for (const event of message.events) this.#route(event);
        return;
      case "report":
        this.#stats = message.stats;
        if (message.steps.length > 0) this.#supervisor.recordSuccess();
        for (const step of message.steps) this.#observer.stepFinished(this.#model.id, step);
        return;
      default:
        message satisfies never;
    }
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
    const reason = exitReason(exit);
    const error = new AppError(
      "host_died",
      `the engine of ${this.#model.id} ended while answering (${reason}); the next request starts a fresh one, send this one again`,
    );
    for (const pending of this.#pending.values()) fail(pending, error);
    this.#pending.clear();
    const expected = exit.killedFor === "requested";
    this.#observer.hostExited(this.#model.id, {
      expected,
      reason,
      inFlight: size,
      stderrTail: exit.stderrTail,
    });
    // A readiness probe that fails would keep away the request that starts the next host, so it starts by itself.
    if (!expected && this.#description && !this.#draining)
      void this.#supervisor.acquire().catch(() => undefined);
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

function exitReason(exit: HostExit): string {
  if (exit.killedFor === "memory-limit") return "it passed its memory limit";
  if (exit.killedFor === "unresponsive")
    return `a template or grammar took longer than ${prepareTimeoutMs / 1000} s`;
  return exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`;
}
