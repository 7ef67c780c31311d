/**
 * Owns the sequences of the native KV cache and the prefixes parked in host RAM.
 *
 * An entry is `running` (a request writes to it), `idle` (finished, still in the KV cache) or `parked` (a byte copy in
 * host RAM). Cells that several entries share are counted once: an entry that was copied from another one counts only
 * what it added, and when the one it came from leaves, the count moves over to it.
 */
import type { Backend } from "./backend.ts";
import { PrefixForest } from "./prefix-forest.ts";

/** A shorter common start is evaluated again rather than copied. */
const minReuseTokens = 8;
/**
 * Idle cells that may stay. Attention walks every cell in every step, and a copy to host RAM costs no more than ten such
 * steps.
 */
const idleTokensKept = 64;
/** Parked entries beyond this are dropped, however small they are: each costs a place in the tree. */
const maxParkedEntries = 4096;

export type CacheEntry = {
  /** Key of the set of adapters that its keys and values were computed with. */
  readonly adapters: string;
  tokens: Int32Array;
  /** Tokens whose cells hold valid keys and values; they are the first of `tokens`. */
  evaluated: number;
  place:
    | { readonly type: "running" | "idle"; readonly sequence: number }
    | { readonly type: "parked"; readonly state: Uint8Array };
  source: CacheEntry | undefined;
  /** Leading tokens counted by `source`. */
  sharedTokens: number;
  lastUsed: number;
};

export type Lookup = {
  /** Tokens that can be reused now. */
  readonly reusable: number;
  /** Those of them that need no new cells. */
  readonly resident: number;
  /** Tokens that a running request will have evaluated soon, if more than `reusable`. */
  readonly pending: number;
};

/** What is asked of the cache for: the tokens of a request, and the key of the adapters that it computes with. */
export type Prompt = { readonly tokens: Int32Array; readonly adapters: string };

export type KvCacheOptions = { readonly maxParkedBytes: number };

export class KvCache {
  readonly #backend: Backend;
  #maxParkedBytes: number;
  readonly #prefixes = new PrefixForest<CacheEntry>();
  /** Running and idle entries; never more than the context has sequences. */
  readonly #resident = new Set<CacheEntry>();
  /** In order of last use, the oldest first. */
  readonly #parked = new Set<CacheEntry>();
  readonly #freeSequences: number[];
  #parkedBytes = 0;
  #clock = 0;

  constructor(backend: Backend, options: KvCacheOptions) {
    this.#backend = backend;
    this.#maxParkedBytes = options.maxParkedBytes;
    this.#freeSequences = Array.from(
      { length: backend.context.maxSequences },
      (_, i) => backend.context.maxSequences - 1 - i,
    );
  }

  get parkedBytes(): number {
    return this.#parkedBytes;
  }

  get parkedEntries(): number {
    return this.#parked.size;
  }

  get freeSequences(): number {
    return this.#freeSequences.length;
  }

  /** Cells in use by running and idle entries. */
  get usedTokens(): number {
    return this.#tokensOf("running") + this.#tokensOf("idle");
  }

  /** How much of a prompt is known, and how much more a running request is about to know. */
  lookup(prompt: Prompt): Lookup {
    const longest = prompt.tokens.length - 1;
    const match = this.#findReusable(prompt);
    const planned = this.#prefixes.findLongest(prompt.adapters, prompt.tokens, (entry) =>
      entry.place.type === "running" ? entry.tokens.length : 0,
    );
    const reusable = match?.length ?? 0;
    return {
      reusable,
      resident: match?.entry.place.type === "parked" ? 0 : reusable,
      pending: this.#backend.model.canTrim
        ? Math.max(reusable, Math.min(planned?.length ?? 0, longest))
        : reusable,
    };
  }

  /**
   * Opens an entry for a request, with as much of its tokens already evaluated as can be reused (always fewer than all,
   * so that there are logits to sample from). Undefined when no sequence is free or can be made free.
   */
  open(prompt: Prompt, options: { readonly reuse: boolean }): CacheEntry | undefined {
    const { tokens, adapters } = prompt;
    const match = options.reuse ? this.#findReusable(prompt) : undefined;
    if (match?.entry.place.type === "idle" && match.length * 2 >= match.entry.evaluated) {
      return this.#takeOver(match.entry, tokens, match.length);
    }
    if (this.#tokensOf("running") === 0) this.#clearWay(match?.entry);
    const sequence = this.#takeSequence(match?.entry);
    if (sequence === undefined) return match && this.#takeOver(match.entry, tokens, match.length);
    const entry: CacheEntry = {
      adapters,
      tokens,
      evaluated: 0,
      place: { type: "running", sequence },
      source: undefined,
      sharedTokens: 0,
      lastUsed: this.#tick(),
    };
    if (match) this.#fill(entry, sequence, match.entry, match.length);
    this.#resident.add(entry);
    this.#prefixes.set(entry, tokens);
    return entry;
  }

  /** Ends a running entry; with `keep` what it evaluated stays reusable under `tokens`. */
  close(entry: CacheEntry, tokens: Int32Array, options: { readonly keep: boolean }): void {
    if (entry.place.type !== "running") return;
    const kept = tokens.slice(0, entry.evaluated);
    if (!options.keep || kept.length < minReuseTokens || this.#isCovered(entry, kept)) {
      this.#drop(entry);
      return;
    }
    entry.place = { type: "idle", sequence: entry.place.sequence };
    entry.tokens = kept;
    entry.lastUsed = this.#tick();
    this.#prefixes.set(entry, kept);
  }

  /** Ends a running entry and moves what it evaluated to host RAM, so that the request can go on later. */
  suspend(entry: CacheEntry, tokens: Int32Array): void {
    this.close(entry, tokens, { keep: true });
    if (entry.place.type === "idle") this.#park(entry);
  }

  /** Makes room for `tokens` more cells by parking idle entries, the least recently used first. */
  makeRoom(tokens: number): boolean {
    while (this.#backend.context.kvTokens - this.usedTokens < tokens) if (!this.parkOldest()) return false;
    return true;
  }

  /** Parks the least recently used idle entry; false when there is none. */
  parkOldest(): boolean {
    const idle = this.#leastRecentIdle();
    if (idle) this.#park(idle);
    return idle !== undefined;
  }

  /**
   * Parks one idle entry where there are so many idle cells that they slow down what runs, or what will run next.
   * The entry used last stays while nothing runs: a conversation goes on there. False when there is nothing to park.
   */
  parkSurplus(): boolean {
    const runningTokens = this.#tokensOf("running");
    if (this.#tokensOf("idle") <= idleTokensKept) return false;
    const idle = this.#leastRecentIdle();
    if (!idle || (runningTokens === 0 && idle.lastUsed === this.#clock)) return false;
    this.#park(idle);
    return true;
  }

  /** Sets the budget of parked entries; those beyond it are dropped now, the least recently used first. */
  setMaxParkedBytes(bytes: number): void {
    this.#maxParkedBytes = bytes;
    this.#trimParked(bytes, maxParkedEntries);
  }

  /** Lends `count` unused sequences for measurements; undefined when they are not free. Give them back at once. */
  borrow(count: number): number[] | undefined {
    return this.#freeSequences.length < count ? undefined : this.#freeSequences.splice(-count);
  }

  giveBack(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      this.#backend.removeSequence(sequence, 0, -1);
      this.#freeSequences.push(sequence);
    }
  }

  #findReusable({
    tokens,
    adapters,
  }: Prompt): { readonly entry: CacheEntry; readonly length: number } | undefined {
    const found = this.#prefixes.findLongest(
      adapters,
      tokens,
      (entry) => entry.evaluated,
      (entry) => placePreference[entry.place.type],
    );
    if (!found) return undefined;
    const length = Math.min(found.length, tokens.length - 1);
    if (length < minReuseTokens) return undefined;
    if (!this.#backend.model.canTrim) {
      const whole = length === found.entry.evaluated && found.entry.place.type !== "running";
      return whole ? { entry: found.entry, length } : undefined;
    }
    return { entry: found.entry, length };
  }

  /** Parks what lies idle before the first of a row of requests: its cells then begin where attention begins. */
  #clearWay(except: CacheEntry | undefined): void {
    while (this.#tokensOf("idle") > idleTokensKept) {
      const idle = this.#leastRecentIdle(except);
      if (!idle) return;
      this.#park(idle);
    }
  }

  #takeOver(entry: CacheEntry, tokens: Int32Array, length: number): CacheEntry | undefined {
    if (entry.place.type !== "idle") return undefined;
    const { sequence } = entry.place;
    if (length < entry.evaluated && !this.#backend.removeSequence(sequence, length, -1)) {
      this.#drop(entry);
      return this.open({ tokens, adapters: entry.adapters }, { reuse: true });
    }
    this.#giveAway(entry, length);
    entry.sharedTokens = Math.min(entry.sharedTokens, length);
    entry.place = { type: "running", sequence };
    entry.tokens = tokens;
    entry.evaluated = length;
    entry.lastUsed = this.#tick();
    this.#prefixes.set(entry, tokens);
    return entry;
  }

  #fill(entry: CacheEntry, sequence: number, from: CacheEntry, length: number): void {
    this.#touch(from);
    if (from.place.type !== "parked") {
      this.#backend.copySequence(from.place.sequence, sequence, 0, length);
      entry.evaluated = length;
      entry.source = from;
      entry.sharedTokens = length;
      return;
    }
    if (!this.makeRoom(from.evaluated) || !this.#backend.restoreSequence(sequence, from.place.state)) {
      this.#backend.removeSequence(sequence, 0, -1);
      return;
    }
    if (length < from.evaluated && !this.#backend.removeSequence(sequence, length, -1)) {
      this.#backend.removeSequence(sequence, 0, -1);
      return;
    }
    entry.evaluated = length;
    if (length * 2 >= from.evaluated) this.#drop(from);
  }

  #park(entry: CacheEntry): void {
    if (entry.place.type !== "idle") return;
    const state = this.#maxParkedBytes > 0 ? this.#backend.saveSequence(entry.place.sequence) : undefined;
    if (!state || state.byteLength > this.#maxParkedBytes) {
      this.#drop(entry);
      return;
    }
    this.#releaseSequence(entry, entry.place.sequence);
    this.#trimParked(this.#maxParkedBytes - state.byteLength, maxParkedEntries - 1);
    entry.place = { type: "parked", state };
    this.#parked.add(entry);
    this.#parkedBytes += state.byteLength;
  }

  #trimParked(maxBytes: number, maxEntries: number): void {
    for (const oldest of this.#parked) {
      if (this.#parkedBytes <= maxBytes && this.#parked.size <= maxEntries) return;
      this.#drop(oldest);
    }
  }

  #drop(entry: CacheEntry): void {
    if (entry.place.type === "parked") this.#parkedBytes -= entry.place.state.byteLength;
    else this.#releaseSequence(entry, entry.place.sequence);
    this.#parked.delete(entry);
    this.#prefixes.delete(entry);
  }

  #releaseSequence(entry: CacheEntry, sequence: number): void {
    this.#backend.removeSequence(sequence, 0, -1);
    this.#freeSequences.push(sequence);
    this.#resident.delete(entry);
    this.#giveAway(entry, 0);
    entry.source = undefined;
    entry.sharedTokens = 0;
  }

  /** Hands the count of an entry's cells from `keep` on to the entries that share them. */
  #giveAway(entry: CacheEntry, keep: number): void {
    const sharers = [...this.#resident].filter(
      (other) => other.source === entry && other.sharedTokens > keep,
    );
    const heir = sharers.reduce<CacheEntry | undefined>(
      (best, other) => (best && best.sharedTokens >= other.sharedTokens ? best : other),
      undefined,
    );
    if (!heir) return;
    const heirTokens = heir.sharedTokens;
    const inherited = keep > 0 ? keep : Math.min(entry.sharedTokens, heirTokens);
    heir.source = keep > 0 ? entry : entry.source;
    heir.sharedTokens = heir.source ? inherited : 0;
    for (const other of sharers) {
      if (other === heir) continue;
      other.source = heir;
      other.sharedTokens = Math.min(other.sharedTokens, heirTokens);
    }
  }

  #takeSequence(protect: CacheEntry | undefined): number | undefined {
    if (this.#freeSequences.length === 0) {
      const idle = this.#leastRecentIdle(protect);
      if (idle) this.#park(idle);
    }
    return this.#freeSequences.pop();
  }

  #isCovered(entry: CacheEntry, tokens: Int32Array): boolean {
    const found = this.#prefixes.findLongest(entry.adapters, tokens, (other) =>
      other === entry || other.place.type === "running" ? 0 : other.evaluated,
    );
    return found !== undefined && found.length >= tokens.length;
  }

  #leastRecentIdle(except?: CacheEntry): CacheEntry | undefined {
    let oldest: CacheEntry | undefined;
    for (const entry of this.#resident) {
      if (entry.place.type !== "idle" || entry === except) continue;
      if (!oldest || entry.lastUsed < oldest.lastUsed) oldest = entry;
    }
    return oldest;
  }

  #tokensOf(type: "running" | "idle"): number {
    let tokens = 0;
    for (const entry of this.#resident) {
      if (entry.place.type === type) tokens += entry.evaluated - entry.sharedTokens;
    }
    return tokens;
  }

  #touch(entry: CacheEntry): void {
    entry.lastUsed = this.#tick();
    if (this.#parked.delete(entry)) this.#parked.add(entry);
  }

  #tick(): number {
    return ++this.#clock;
  }
}

const placePreference = { idle: 2, running: 1, parked: 0 } as const;
