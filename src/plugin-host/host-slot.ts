/**
 * One plugin host process and the calls in it. Guests share its thread, so calls are handed to it one by one: the next
 * goes in when the one before has ended or waits for something outside. `#current` is who holds the thread, and who
 * is to blame when the process must be killed.
 */
import { type Host, type HostExit, Supervisor } from "../process/index.ts";
import type { Clock } from "../resilience/index.ts";
import { accuse, type Blame } from "./blame.ts";
import { createDeadlines } from "./deadlines.ts";
import type { Failure, FailureCode } from "./failure.ts";
import { cancelFailure, createJob, type Job, type JobEnd, type NewJob, noReport } from "./job.ts";
import { createJobQueue } from "./job-queue.ts";
import type { CallOptions, FromHost, GuestSpec, ModuleFacts, ToHost } from "./protocol.ts";
import { type Connection, hostMemoryLimit, startPluginHost } from "./start-host.ts";

const readyTimeoutMs = 10_000;
/** A call that has the thread for longer is at the back of the queue for the processor. */
const longMs = 50;

export type SlotOptions = {
  readonly name: string;
  readonly clock: Clock;
  /** The plugin that took the process down; absent where no plugin is to blame. */
  readonly onRestart: (plugin: string | undefined, reason: FailureCode | undefined) => void;
  /** Calls that wait here of a plugin that took the process down: they would do it again. */
  readonly onDismiss: (jobs: readonly Job[]) => void;
};

export class HostSlot {
  readonly #options: SlotOptions;
  readonly #supervisor: Supervisor<Connection>;
  readonly #deadlines: ReturnType<typeof createDeadlines>;
  readonly #loaded = new Map<string, ModuleFacts>();
  readonly #queue = createJobQueue();
  readonly #inside = new Map<number, Job>();
  #loading: { readonly job: Job; readonly settle: (failure?: Failure) => void } | undefined;
  /** On its way in: the process is being started for it, or its plugin loaded. */
  #entering: Job | undefined;
  #current: Job | undefined;
  #blamed: Blame | undefined;
  #yielded: (() => void) | undefined;
  #isPumping = false;
  #isLooking = false;
  #ids = 0;
  #lastUsedMs: number;
  #memoryLimitBytes = 0;
  #heldSinceMs = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#lastUsedMs = options.clock.nowMs();
    this.#deadlines = createDeadlines({
      clock: options.clock,
      holder: () => this.#current,
      isHeldFor: (forMs) => this.isStuck(forMs),
      isInside: (job) => this.#inside.has(job.id),
      kill: (job, failure) => this.#kill(job, failure),
      cancel: ({ id }, failure) => this.#send({ type: "cancel", id, failure }),
    });
    this.#supervisor = new Supervisor<Connection>({
      name: options.name,
      readyTimeoutMs,
      clock: options.clock,
      start: () => startPluginHost((message) => this.#receive(message)),
      onExit: (exit) => this.#onExit(exit),
      isFault: () => this.#current === undefined,
    });
  }

  /** Calls that wait or are inside. */
  get load(): number {
    return this.#queue.length + this.#inside.size + (this.#entering ? 1 : 0);
  }

  /** Calls that another slot could take. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** What a new plugin would have beside it here; calls count more than plugins that rest. */
  get weight(): number {
    return this.load * 1_000 + this.#loaded.size;
  }

  /** Whether one call has had the thread for longer. */
  isStuck(forMs: number): boolean {
    return this.#current !== undefined && this.#options.clock.nowMs() - this.#heldSinceMs > forMs;
  }

  get idleSinceMs(): number | undefined {
    return this.load === 0 ? this.#lastUsedMs : undefined;
  }

  get pid(): number | undefined {
    return this.#supervisor.current?.host.pid;
  }

  get memoryBytes(): number {
    return this.#supervisor.current?.host.memoryBytes() ?? 0;
  }

  facts(key: string): ModuleFacts | undefined {
    return this.#loaded.get(key);
  }

  /** Never rejects. */
  run(call: NewJob): Promise<JobEnd> {
    return new Promise((resolve) => {
      const job = createJob(call, resolve);
      if (call.signal?.aborted) return job.fail(cancelFailure);
      this.adopt(job);
    });
  }

  /** Takes calls that another slot has not begun. */
  adopt(...jobs: readonly Job[]): void {
    for (const job of jobs) job.cancel = (failure) => this.#cancel(job, failure);
    this.#queue.add(...jobs);
    void this.#pump();
  }

  /** Gives up the calls that wait, but for those of the plugin that holds the thread. */
  surrender(): readonly Job[] {
    return this.#queue.takeOthers(this.#current?.spec.key);
  }

  /** Ends the calls of a plugin that may not run any more; the process with them where one has the thread. */
  end(name: string, failure: Failure): void {
    for (const job of this.#queue.takeNamed(name)) job.fail(failure);
    if (this.#entering?.spec.name === name) this.#entering.detach(failure);
    for (const job of [...this.#inside.values()].filter(({ spec }) => spec.name === name)) {
      // Its deadline goes on: a guest may not hear that it is to end.
      job.detach(failure);
      if (this.#current === job) this.#kill(job, failure);
      else this.#send({ type: "cancel", id: job.id, failure });
    }
  }

  unload(key: string): void {
    if (this.#loaded.delete(key)) this.#send({ type: "unload", key });
  }

  get loadedKeys(): readonly string[] {
    return [...this.#loaded.keys()];
  }

  /** Ends the process; the next call starts another. */
  async rest(): Promise<void> {
    await this.#supervisor.rest();
  }

  async stop(failure: Failure): Promise<void> {
    this.#entering?.fail(failure);
    for (const job of [...this.#queue.takeAll(), ...this.#inside.values()]) job.fail(failure);
    this.#inside.clear();
    await this.#supervisor.stop();
  }

  /** A call that has the thread goes on until its deadline, since only the end of the process would stop it. */
  #cancel(job: Job, failure: Failure): void {
    this.#queue.remove(job);
    job.detach(failure);
    if (this.#inside.has(job.id)) this.#send({ type: "cancel", id: job.id, failure });
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let job = this.#queue.next(); job; job = this.#queue.next()) {
      if (!job.isSettled) await this.#execute(job);
    }
    this.#isPumping = false;
  }

  /** Returns once the thread of the host is free for another call. */
  async #execute(job: Job): Promise<void> {
    this.#lastUsedMs = this.#options.clock.nowMs();
    this.#entering = job;
    const host = await this.#acquire(job);
    try {
      if (host) await this.#admit(host, job);
    } catch {
      // The process ended between two messages, which is not this call's doing.
      this.#again(job);
    }
    this.#entering = undefined;
  }

  async #admit(host: Host<ToHost>, job: Job): Promise<void> {
    if (!this.#loaded.has(job.spec.key)) {
      host.limitMemory(this.#memoryLimit(job.spec));
      const failure = await this.#load(host, job);
      if (failure) {
        job.fail(failure);
        return;
      }
    }
    const { options } = job;
    if (host.hasExited) this.#again(job);
    else if (!options) job.succeed("", noReport);
    else if (!job.isSettled) await this.#enter(host, job, options);
  }

  async #acquire(job: Job): Promise<Host<ToHost> | undefined> {
    try {
      return (await this.#supervisor.acquire()).host;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      job.fail({ code: "plugin_host_died", message });
      return undefined;
    }
  }

  /** Raised by the largest guest that was loaded, and never lowered while the process lives. */
  #memoryLimit({ limits }: GuestSpec): number {
    this.#memoryLimitBytes = Math.max(this.#memoryLimitBytes, hostMemoryLimit(limits));
    return this.#memoryLimitBytes;
  }

  #load(host: Host<ToHost>, job: Job): Promise<Failure | undefined> {
    const { spec } = job;
    // A call that waited may have come back meanwhile; it hands the thread on when it ends.
    if (!this.#current) this.#take(job);
    return new Promise((resolve) => {
      this.#deadlines.watchLoad(job);
      const settle = (failure?: Failure) => {
        job.unwatch();
        this.#loading = undefined;
        if (this.#current === job) this.#current = undefined;
        resolve(failure);
      };
      this.#loading = { job, settle };
      host.send({ type: "load", spec });
    });
  }

  #enter(host: Host<ToHost>, job: Job, options: CallOptions): Promise<void> {
    const isAlone = this.#inside.size === 0;
    this.#entering = undefined;
    this.#ids += 1;
    job.id = this.#ids;
    this.#inside.set(job.id, job);
    if (isAlone) this.#hold(job);
    else this.#deadlines.watch(job);
    return new Promise((resolve) => {
      this.#yielded = resolve;
      host.send({ type: "call", id: job.id, key: job.spec.key, options, isAnnounced: !isAlone });
    });
  }

  /** Its time begins when it gets the thread: what it waited for others is not its own. */
  #hold(job: Job): void {
    this.#take(job);
    if (job.hasBegun) return;
    job.hasBegun = true;
    this.#deadlines.watch(job);
  }

  #take(job: Job): void {
    this.#current = job;
    this.#heldSinceMs = this.#options.clock.nowMs();
    this.#lookLater();
  }

  /** One timer for all calls: most are over in less than it takes to set one. */
  #lookLater(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#options.clock.schedule(longMs, () => {
      this.#isLooking = false;
      if (this.isStuck(longMs)) this.#supervisor.current?.priority.lower();
      else if (this.#current) this.#lookLater();
    });
  }

  /** Where its priority cannot be given back, the process makes room for another once nobody is in it. */
  #speedUp(): void {
    if (this.#current || this.#supervisor.current?.priority.restore() !== false) return;
    if (this.load === 0) void this.rest();
  }

  #kill(job: Job, failure: Failure): void {
    this.#blamed ??= { job, failure };
    this.#supervisor.current?.host.kill();
    // While a host is starting there is no connection yet, and nothing of a guest in it.
  }

  #send(message: ToHost): void {
    try {
      this.#supervisor.current?.host.send(message);
    } catch {
      // A host that is gone has nothing left to change, and its end is reported on its own.
    }
  }

  #receive(message: Exclude<FromHost, { type: "ready" }>): void {
    switch (message.type) {
      case "loaded":
        this.#loaded.set(message.key, message.facts);
        this.#loading?.settle();
        break;
      case "load-failed":
        this.#loading?.settle(message.failure);
        break;
      case "began":
      case "resumed": {
        const job = this.#inside.get(message.id);
        if (job) this.#hold(job);
        break;
      }
      case "log":
        this.#inside.get(message.id)?.log(message.line);
        break;
      case "waiting":
        this.#release(message);
        break;
      case "host-call":
        void this.#answer(message);
        break;
      case "result":
      case "failed":
        this.#finish(message);
        break;
      default:
        message satisfies never;
    }
  }

  /** The thread is free, unless another call has taken it meanwhile. */
  #release({ id, memoryBytes }: Extract<FromHost, { type: "waiting" }>): void {
    if (this.#current?.id === id) this.#current = this.#loading?.job;
    const job = this.#inside.get(id);
    if (job) {
      job.hasEffects = true;
      job.memoryBytes = memoryBytes;
    }
    this.#yielded?.();
  }

  #finish(message: Extract<FromHost, { type: "result" | "failed" }>): void {
    const job = this.#inside.get(message.id);
    this.#inside.delete(message.id);
    this.#lastUsedMs = this.#options.clock.nowMs();
    if (this.#current?.id === message.id) this.#current = this.#loading?.job;
    this.#supervisor.recordSuccess();
    if (message.type === "result") job?.succeed(message.output, message.report);
    else job?.fail(message.failure, message.report);
    this.#yielded?.();
    this.#speedUp();
  }

  async #answer({ id, callId, call }: Extract<FromHost, { type: "host-call" }>): Promise<void> {
    const job = this.#inside.get(id);
    if (!job) return;
    const asksModel = call.type === "generate" || call.type === "embed";
    if (asksModel) job.unwatch();
    const result = await job.ask(call);
    if (asksModel && this.#inside.has(id)) this.#deadlines.watch(job);
    this.#send({ type: "reply", id, callId, result });
  }

  /** Another call took the process down; this one was not at fault. */
  #again(job: Job): void {
    if (job.isSettled) return;
    if (job.retry()) this.#queue.putBack(job);
    else job.fail(restartFailure);
  }

  #dismiss(key: string): void {
    const dismissed = this.#queue.takeOf(key);
    if (dismissed.length > 0) this.#options.onDismiss(dismissed);
  }

  #onExit(exit: HostExit): void {
    const blamed = this.#blamed ?? accuse(exit, this.#current, [...this.#inside.values()]);
    this.#blamed = undefined;
    this.#current = undefined;
    this.#loaded.clear();
    this.#memoryLimitBytes = 0;
    blamed?.job.fail(blamed.failure);
    this.#loading?.settle();
    const left = [...this.#inside.values()].reverse();
    this.#inside.clear();
    for (const job of left) this.#again(job);
    if (blamed) this.#dismiss(blamed.job.spec.key);
    if (exit.killedFor !== "requested" || blamed)
      this.#options.onRestart(blamed?.job.spec.name, blamed?.failure.code);
    this.#yielded?.();
    void this.#pump();
  }
}

const restartFailure: Failure = {
  code: "plugin_host_died",
  message: "another plugin took its process down after it had begun to act; call it again if that is safe",
};
