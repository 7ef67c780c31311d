import { type AppError, toAppError } from "../base/index.ts";
import { type Breaker, breakerPresets, type Clock, createBreaker, systemClock } from "../resilience/index.ts";
import { describeExit, describeStartExit, describeStop } from "./exit-errors.ts";
import type { HostExit, HostHandle } from "./spawn-host.ts";
import { watchDeadline } from "./watchdog.ts";

/** The first restart is at once; each further failure in a row doubles the wait. */
export const backoffFirstMs = 200;
export const backoffMaxMs = 5_000;

/** A host that is starting; `ready` gives what the caller works with once the host has said it can. */
export type StartedHost<Connection> = {
  readonly host: HostHandle;
  readonly ready: Promise<Connection>;
};

export type SupervisorOptions<Connection> = {
  /** What the host is, for error messages: `the engine of hearth-demo`. */
  readonly name: string;
  readonly readyTimeoutMs: number;
  readonly start: () => StartedHost<Connection>;
  /** Told of every end of a host, before it was ready or after. */
  readonly onExit?: (exit: HostExit, connection: Connection | undefined) => void;
  /** Whether an end that nobody asked for counts against the host; absent: it does. */
  readonly isFault?: (exit: HostExit) => boolean;
  readonly clock?: Clock;
};

export type SupervisorState = "idle" | "starting" | "ready" | "circuit-open" | "stopped";

type Running<Connection> = { readonly host: HostHandle; readonly connection: Connection };

/** Keeps at most one host alive, starting it lazily and guarding it with backoff and a circuit breaker. */
export class Supervisor<Connection> {
  readonly #options: SupervisorOptions<Connection>;
  readonly #clock: Clock;
  readonly #breaker: Breaker;
  readonly #stopped = new AbortController();
  /** Aborts a start that is no longer wanted; another one takes its place then. */
  #resting = new AbortController();
  #running: Running<Connection> | undefined;
  #starting: Promise<Connection> | undefined;
  /** A rest under way: what the host that ends is asked would be lost with it. */
  #ending: Promise<void> | undefined;
  #live: HostHandle | undefined;
  #lastFailureMs = 0;
  #starts = 0;
  #rests = 0;
  #lastError: AppError | undefined;

  constructor(options: SupervisorOptions<Connection>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#breaker = createBreaker({
      ...{ ...breakerPresets.default, name: options.name, clock: this.#clock },
      // A host that starts and then dies of its first work has not recovered.
      countsUntilReset: true,
    });
  }

  /**
   * The running host's connection. Starts a host where none runs: after the backoff, unless the circuit is open
   * (AppError circuit_open). Rejects with the reason the start failed; an abort ends the wait, not the start.
   */
  async acquire(signal?: AbortSignal): Promise<Connection> {
    while (this.#ending) await abortable(this.#ending, signal);
    while (this.#running) {
      if (!this.#running.host.hasExited) return this.#running.connection;
      await this.#running.host.exited;
    }
    if (this.#stopped.signal.aborted) throw describeStop(this.#options.name);
    return await abortable(this.#starting ?? this.#start(), signal);
  }

  get current(): Connection | undefined {
    return this.#running?.host.hasExited === false ? this.#running.connection : undefined;
  }

  get state(): SupervisorState {
    if (this.#stopped.signal.aborted) return "stopped";
    if (this.current !== undefined) return "ready";
    if (this.#starting) return "starting";
    return this.#breaker.state === "open" ? "circuit-open" : "idle";
  }

  /** Hosts started in place of one that ended without being asked to. */
  get restarts(): number {
    return Math.max(0, this.#starts - this.#rests - 1);
  }

  get lastError(): AppError | undefined {
    return this.#lastError;
  }

  /** The host did real work: failures in a row are counted from zero again. */
  recordSuccess(): void {
    this.#breaker.reset();
  }

  /** Ends the host, one that is starting too, and waits until it is gone; the next `acquire` starts another. */
  async rest(): Promise<void> {
    if (!this.#live && !this.#starting) return;
    this.#ending ??= this.#end();
    await this.#ending;
  }

  async #end(): Promise<void> {
    this.#resting.abort();
    const host = this.#live;
    host?.kill();
    await Promise.allSettled([this.#starting, host?.exited]);
    this.#resting = new AbortController();
    if (host) this.#rests += 1;
    this.#ending = undefined;
  }

  /** Kills the host and waits for its end; `acquire` then throws shutting_down. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#live?.kill();
    await Promise.allSettled([this.#starting, this.#live?.exited]);
  }

  #start(): Promise<Connection> {
    const permit = this.#breaker.enter();
    const attempt = this.#startOnce().then(
      (connection) => {
        permit.succeed();
        this.#lastError = undefined;
        return connection;
      },
      (error: unknown) => {
        this.#live = undefined;
        if (this.#isUnwanted) permit.abandon();
        else this.#recordFailure(toAppError(error), permit);
        throw error;
      },
    );
    const settled = attempt.finally(() => {
      this.#starting = undefined;
    });
    this.#starting = settled;
    return settled;
  }

  get #isUnwanted(): boolean {
    return this.#stopped.signal.aborted || this.#resting.signal.aborted;
  }

  async #startOnce(): Promise<Connection> {
    const waitMs = this.#lastFailureMs + backoffMs(this.#breaker.failures) - this.#clock.nowMs();
    if (waitMs > 0) await delay(this.#clock, waitMs, [this.#stopped.signal, this.#resting.signal]);
    if (this.#isUnwanted) throw describeStop(this.#options.name);
    this.#starts += 1;
    const started = this.#options.start();
    this.#live = started.host;
    const connection = await this.#waitReady(started);
    this.#running = { host: started.host, connection };
    void started.host.exited.then((exit) => this.#onRunningExit(exit, connection));
    return connection;
  }

  async #waitReady({ host, ready }: StartedHost<Connection>): Promise<Connection> {
    const { name, readyTimeoutMs } = this.#options;
    using _deadline = watchDeadline(readyTimeoutMs, () => host.kill("ready-deadline"), this.#clock);
    const died = host.exited.then((exit): never => {
      throw describeStartExit(name, readyTimeoutMs, exit);
    });
    try {
      return await Promise.race([died, ready]);
    } catch (error) {
      host.kill();
      this.#options.onExit?.(await host.exited, undefined);
      throw error;
    } finally {
      died.catch(() => undefined);
      ready.catch(() => undefined);
    }
  }

  #onRunningExit(exit: HostExit, connection: Connection): void {
    this.#running = undefined;
    this.#live = undefined;
    const isFault = exit.killedFor !== "requested" && (this.#options.isFault?.(exit) ?? true);
    if (isFault) this.#recordFailure(describeExit(this.#options.name, exit));
    this.#options.onExit?.(exit, connection);
  }

  #recordFailure(error: AppError, attempt: Pick<Breaker, "fail"> = this.#breaker): void {
    this.#lastError = error;
    this.#lastFailureMs = this.#clock.nowMs();
    attempt.fail(error.message);
  }
}

/** Wait before the next start, by failures in a row. */
export function backoffMs(failures: number): number {
  if (failures < 2) return 0;
  return Math.min(backoffMaxMs, backoffFirstMs * 2 ** (failures - 2));
}

/** Until the time has passed or one of the signals aborts. */
function delay(clock: Clock, waitMs: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(waitMs, resolve);
    const onAbort = () => {
      cancel();
      resolve();
    };
    for (const signal of signals) signal.addEventListener("abort", onAbort, { once: true });
  });
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
