/** Which model makes room first: least recently used, least often used, first loaded, or lowest priority. */
export type EvictionPolicy = "lru" | "lfu" | "fifo" | "priority";

export type EvictionReason = "room" | "expired" | "asked" | "reload";

/** Memory of the host, and of the GPU beside it. */
export type Room = { readonly bytes: number; readonly deviceBytes: number };

export type Limits = {
  readonly budgetBytes: number;
  readonly deviceBudgetBytes: number;
  readonly maxModels: number;
};

/** What a request needs of a model. One loaded with the same variant and a context that is long enough serves it. */
export type Demand = Room & {
  /** What it is loaded with where it is not there. */
  readonly contextTokens: number;
  /** What a loaded model must have; absent: `contextTokens`. */
  readonly minContextTokens?: number;
  /** Every other choice made while loading, such as the KV type and adapters, written as one text. */
  readonly variant: string;
  /** How long the model stays once idle: 0 not at all, Infinity until its room is needed; absent: as it is. */
  readonly keepAliveMs?: number;
};

/**
 * The right to use a loaded model, which stays for as long. Whoever holds one must not wait for another lease: two
 * holders could wait for each other's room.
 */
export type Lease<Loaded> = Disposable & {
  readonly loaded: Loaded;
  /** Spent waiting for room and loading; 0 where the model was there. */
  readonly loadMs: number;
  release(): void;
};

export type ResidencyOptions = Limits & {
  readonly policy: EvictionPolicy;
  /** Where neither the request nor `keepAlives` says something else. */
  readonly keepAliveMs: number;
  /** How long models of these names stay when idle, unless a request says otherwise; Infinity: until their room is needed. */
  readonly keepAlives: ReadonlyMap<string, number>;
  /** Models that leave only when asked, or to be loaded anew with other choices. */
  readonly pinned: readonly string[];
  /** For the policy `priority`; 0 where absent, the lowest leaves first. */
  readonly priorities: ReadonlyMap<string, number>;
  /** Requests that may wait for room or for a load; more are refused with queue_full. */
  readonly maxWaiting: number;
};

/** Told of what happens, for metrics and logs. Calls must be cheap, must not throw and must not call back. */
export type ResidencyObserver = {
  hit(id: string): void;
  miss(id: string): void;
  loaded(id: string, durationMs: number): void;
  preloaded(id: string): void;
  evicted(id: string, reason: EvictionReason): void;
  /** A request waited this long until other models had made room. */
  waited(id: string, durationMs: number): void;
  unloadFailed(id: string, error: unknown): void;
};

/** A model in memory, or on its way there or out. Times are those of the clock. */
export type Resident = Room & {
  readonly id: string;
  readonly state: "loading" | "ready" | "leaving";
  readonly contextTokens: number;
  readonly variant: string;
  readonly active: number;
  readonly isPinned: boolean;
  /** When it leaves if nobody asks for it; absent while it answers and where it may stay. */
  readonly expiresAtMs?: number;
  /** While it loads, when that began. */
  readonly loadedAtMs: number;
  readonly loadMs: number;
  readonly uses: number;
};

/** Counts since the start, and what is in memory now. */
export type ResidencyStats = Limits & {
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly preloads: number;
  /** Of the requests, how many found their model ready; 0 before the first. */
  readonly hitRatePercent: number;
  readonly waiting: number;
  readonly usedBytes: number;
  readonly usedDeviceBytes: number;
};
