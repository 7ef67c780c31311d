/**
 * Decides who runs and what the next step evaluates; it knows nothing of tokens' values or of the library.
 *
 * Order: interactive before batch; inside a class the tenant that was served least goes first, and each tenant's own
 * requests in the order they came. Prompts are evaluated in chunks, one after another, so that the first in line answers
 * soon instead of all answering late; meanwhile decoding goes on in a share of the time. A step holds sequences of one
 * set of adapters only; where several run they take turns.
 */
import { AdapterTurns } from "./adapter-turns.ts";
import type { CostTable } from "./cost-table.ts";
import type { KvCache } from "./kv-cache.ts";
import { knownTokens, pendingTokens, type Sequence } from "./sequence.ts";

export type SchedulerOptions = {
  /** Sequences that run side by side. */
  readonly parallel: number;
  readonly batchTokens: number;
  /** Rows of one step that may have logits. */
  readonly maxOutputs: number;
  readonly nowMs: () => number;
};

export type StepItem = { readonly sequence: Sequence; readonly tokens: number };

/** A request waits for a running one to evaluate a common start if that saves more than this many tokens. */
const minWaitTokens = 32;
/** Cells kept free for each running sequence to grow into before another one is admitted. */
const growthTokens = 16;
/** The longest a step with decoding in it may take because of prompt tokens. */
const maxMixedStepMs = 400;
/** Prompt chunk beside decoding before the cost of a token is known. */
const defaultMixedTokens = 192;
const minMixedTokens = 64;
/** The longest prompt chunk; bounds how long a cancel or a new request waits for the step to end. */
const maxPrefillTokens = 512;
/** A chunk of this many tokens is as efficient as a longer one: a step may end with the first prompt it completes. */
const minEfficientTokens = 96;
/** A step may exceed its budget by this share where that completes a prompt. */
const remainderShare = 0.25;
/** Prompt tokens get at least this multiple of the time that decoding beside them takes. */
const prefillShareOfRide = 2;
/**
 * While prompts are evaluated, decoding takes one part in this many of the time, so that first tokens come sooner for
 * all; where it costs next to nothing it rides in every step. It never pauses longer than the limit and one step.
 */
const decodeShare = 20;
const maxDecodePauseMs = 500;
const nothingKnown = { reusable: 0, resident: 0, pending: 0 };

export class Scheduler {
  readonly #kv: KvCache;
  readonly #costs: CostTable;
  readonly #options: SchedulerOptions;
  readonly #turns = new AdapterTurns();
  readonly #waiting = new Set<Sequence>();
  readonly #running = new Set<Sequence>();
  /** Tokens served by tenant; only differences count. */
  readonly #served = new Map<string, number>();
  /** When a running set of adapters last decoded, by its key. */
  readonly #decodedAtMs = new Map<string, number>();
  #parallel: number;
  #arrivals = 0;
  #steps = 0;

  constructor(kv: KvCache, costs: CostTable, options: SchedulerOptions) {
    this.#kv = kv;
    this.#costs = costs;
    this.#options = options;
    this.#parallel = options.parallel;
  }

  get running(): ReadonlySet<Sequence> {
    return this.#running;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  get hasWork(): boolean {
    return this.#running.size > 0 || this.#waiting.size > 0;
  }

  /** Sequences beyond a lowered limit end as they are; no other takes their place. */
  setParallel(parallel: number): void {
    this.#parallel = parallel;
  }

  add(sequence: Sequence): void {
    sequence.arrival = ++this.#arrivals;
    this.#enterTenant(sequence.tenant);
    this.#waiting.add(sequence);
  }

  /** Takes a sequence out, whether it waits or runs; with `keep` its evaluated tokens stay reusable. */
  remove(sequence: Sequence, options: { readonly keep: boolean }): void {
    this.#waiting.delete(sequence);
    this.#leave(sequence);
    if (sequence.entry) this.#kv.close(sequence.entry, knownTokens(sequence), options);
    sequence.entry = undefined;
    this.#leaveTenant(sequence.tenant);
  }

  /** Moves sequences from waiting to running, as far as sequences and cells allow. */
  admit(): void {
    for (const sequence of this.#inOrder(this.#waiting)) {
      if (this.#running.size >= this.#parallel && !this.#suspendFor(sequence)) return;
      const usesCache = sequence.cachePrompt && sequence.promptLogprobs === undefined;
      const prompt = { tokens: knownTokens(sequence), adapters: sequence.adapters.key };
      const known = usesCache ? this.#kv.lookup(prompt) : nothingKnown;
      if (known.pending - known.reusable > minWaitTokens) continue;
      const needed = sequence.length - known.resident + growthTokens + this.#claimedTokens();
      if (!this.#kv.makeRoom(needed) && this.#running.size > 0) return;
      const entry = this.#kv.open(prompt, { reuse: usesCache });
      if (!entry) return;
      sequence.entry = entry;
      sequence.reusedTokens ??= Math.min(entry.evaluated, sequence.promptLength);
      this.#waiting.delete(sequence);
      this.#running.add(sequence);
    }
  }

  /** What to evaluate next, with one set of adapters. Empty only when nothing runs. */
  plan(): StepItem[] {
    this.#steps++;
    const nowMs = this.#options.nowMs();
    const adapters = this.#turns.next(this.#running, nowMs);
    const decoding: Sequence[] = [];
    const prefilling: Sequence[] = [];
    for (const sequence of this.#running) {
      if (sequence.adapters.key !== adapters) continue;
      (pendingTokens(sequence) === 1 ? decoding : prefilling).push(sequence);
    }
    const riding = prefilling.length > 0 ? this.#riding(decoding, adapters, nowMs) : decoding;
    if (riding.length > 0) this.#decodedAtMs.set(adapters, nowMs);
    const items = prefilling.length > 0 ? this.#planMixed(riding, prefilling) : this.#planDecode(decoding);
    for (const { sequence, tokens } of items) {
      sequence.lastStep = this.#steps;
      this.#served.set(sequence.tenant, (this.#served.get(sequence.tenant) ?? 0) + tokens);
    }
    return items;
  }

  /** Frees cells when a step found none: the last in line waits again, its state kept. False if it runs alone. */
  suspendLast(): boolean {
    if (this.#running.size < 2) return false;
    const last = this.#inOrder(this.#running).at(-1);
    if (last) this.#suspend(last);
    return true;
  }

  /** Cells that running sequences will take: the rest of their prompts, and some room to grow. */
  #claimedTokens(): number {
    let tokens = 0;
    for (const sequence of this.#running) tokens += pendingTokens(sequence) + growthTokens;
    return tokens;
  }

  #planDecode(decoding: Sequence[]): StepItem[] {
    const group = Math.min(this.#costs.groupSize(decoding.length), this.#options.batchTokens);
    if (group < decoding.length) decoding.sort((a, b) => a.lastStep - b.lastStep || a.arrival - b.arrival);
    return decoding.slice(0, group).map((sequence) => ({ sequence, tokens: 1 }));
  }

  /** Those that decode in a step beside prompt tokens: all, or none while they pause. */
  #riding(decoding: Sequence[], adapters: string, nowMs: number): Sequence[] {
    const pauseMs = Math.min(maxDecodePauseMs, decodeShare * this.#costs.rideMs(decoding.length));
    return nowMs - (this.#decodedAtMs.get(adapters) ?? 0) < pauseMs ? [] : decoding;
  }

  #planMixed(riding: Sequence[], prefilling: Sequence[]): StepItem[] {
    const items: StepItem[] = riding
      .slice(0, this.#options.batchTokens - 1)
      .map((sequence) => ({ sequence, tokens: 1 }));
    const budgetTokens = this.#prefillBudget(items.length);
    const enoughTokens = this.#enoughPrefill(items.length);
    let budget = budgetTokens;
    for (const sequence of this.#inOrder(prefilling)) {
      const pending = pendingTokens(sequence);
      const outputs = this.#options.maxOutputs - items.length;
      const tokens =
        sequence.promptLogprobs === undefined ? chunkOf(pending, budget) : Math.min(pending, budget, outputs);
      if (tokens <= 0) break;
      items.push({ sequence, tokens });
      budget -= tokens;
      if (tokens === pending && budgetTokens - budget >= enoughTokens) break;
      if (sequence.promptLogprobs !== undefined) break;
    }
    return items;
  }

  #prefillBudget(decoding: number): number {
    const space = Math.floor((this.#options.batchTokens - decoding) / (1 + remainderShare));
    if (decoding === 0) return Math.min(maxPrefillTokens, space);
    const affordable = this.#costs.prefillTokensWithin(maxMixedStepMs) ?? defaultMixedTokens;
    return Math.min(space, maxPrefillTokens, Math.max(minMixedTokens, affordable));
  }

  /** Tokens after which a step need not go on to the next prompt. */
  #enoughPrefill(decoding: number): number {
    const worthwhile =
      this.#costs.prefillTokensWithin(prefillShareOfRide * this.#costs.rideMs(decoding)) ?? 0;
    return Math.max(minEfficientTokens, worthwhile, this.#costs.efficientPrefillTokens() ?? 0);
  }

  /** Makes an interactive request's place by suspending the last batch sequence, if there is one. */
  #suspendFor(sequence: Sequence): boolean {
    if (sequence.priority === "batch") return false;
    const last = this.#inOrder(this.#running).at(-1);
    if (last?.priority !== "batch") return false;
    this.#suspend(last);
    return true;
  }

  #suspend(sequence: Sequence): void {
    if (sequence.entry) this.#kv.suspend(sequence.entry, knownTokens(sequence));
    sequence.entry = undefined;
    this.#leave(sequence);
    this.#waiting.add(sequence);
  }

  #leave(sequence: Sequence): void {
    this.#running.delete(sequence);
    for (const other of this.#running) if (other.adapters.key === sequence.adapters.key) return;
    this.#decodedAtMs.delete(sequence.adapters.key);
  }

  #inOrder(sequences: Iterable<Sequence>): Sequence[] {
    const served = (sequence: Sequence) => this.#served.get(sequence.tenant) ?? 0;
    const rank = (sequence: Sequence) => (sequence.priority === "interactive" ? 0 : 1);
    return [...sequences].sort((a, b) => {
      return rank(a) - rank(b) || served(a) - served(b) || a.arrival - b.arrival;
    });
  }

  /** A tenant that comes back starts level with the least served one, so that idle time earns no credit. */
  #enterTenant(tenant: string): void {
    const others = [...this.#served]
      .filter(([name]) => name !== tenant && this.#isActive(name))
      .map(([, served]) => served);
    if (others.length === 0 || this.#isActive(tenant)) return;
    this.#served.set(tenant, Math.max(this.#served.get(tenant) ?? 0, Math.min(...others)));
  }

  #leaveTenant(tenant: string): void {
    if (!this.hasWork) this.#served.clear();
    else if (!this.#isActive(tenant) && this.#served.size > maxIdleTenants) this.#served.delete(tenant);
  }

  #isActive(tenant: string): boolean {
    for (const sequence of this.#running) if (sequence.tenant === tenant) return true;
    for (const sequence of this.#waiting) if (sequence.tenant === tenant) return true;
    return false;
  }
}

/** A prompt's tokens for a step: the budget, or all where what it leaves over would cost a step of its own for little. */
function chunkOf(pending: number, budget: number): number {
  return pending <= budget * (1 + remainderShare) ? pending : budget;
}

/** Tenants without work whose share is remembered. */
const maxIdleTenants = 1000;
