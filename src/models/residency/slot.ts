import type { Demand, EvictionReason, Resident } from "./demand.ts";
import type { Candidate } from "./eviction-plan.ts";
import type { Expiry } from "./expiry.ts";
import type { Ticket } from "./ticket.ts";

export type LoadFailure = { readonly error: unknown };

export type Phase<Loaded> =
  | { readonly name: "loading" }
  | { readonly name: "ready"; readonly loaded: Loaded }
  /** Nobody uses it any more and nothing brings it back; its memory is charged until it is really free. */
  | { readonly name: "unloading" };

/** The place of one model in memory. */
export type Slot<Loaded> = {
  readonly id: string;
  readonly contextTokens: number;
  readonly variant: string;
  readonly isPinned: boolean;
  readonly order: number;
  readonly priority: number;
  readonly waiters: Set<Ticket<Loaded>>;
  /** Ends a load that nobody wants any more. */
  readonly abandon: AbortController;
  /** Settled with the load: why it failed, if it did. */
  readonly outcome: PromiseWithResolvers<LoadFailure | undefined>;
  readonly gone: PromiseWithResolvers<void>;
  phase: Phase<Loaded>;
  /** Set: no new leases; it goes once the running answers have ended. */
  leaving: EvictionReason | undefined;
  /** Until the load has ended, when it began. */
  loadedAtMs: number;
  loadMs: number;
  bytes: number;
  deviceBytes: number;
  leases: number;
  uses: number;
  lastUse: number;
  keepAliveMs: number;
  expiry: Expiry | undefined;
};

export function createSlot<Loaded>(
  id: string,
  demand: Demand,
  given: Pick<Slot<Loaded>, "order" | "isPinned" | "priority" | "keepAliveMs" | "loadedAtMs">,
): Slot<Loaded> {
  return {
    id,
    contextTokens: demand.contextTokens,
    variant: demand.variant,
    bytes: demand.bytes,
    deviceBytes: demand.deviceBytes,
    waiters: new Set(),
    abandon: new AbortController(),
    outcome: Promise.withResolvers(),
    gone: Promise.withResolvers(),
    phase: { name: "loading" },
    leaving: undefined,
    loadMs: 0,
    leases: 0,
    uses: 0,
    lastUse: given.order,
    expiry: undefined,
    ...given,
  };
}

/** Whether the model as it is loaded, or being loaded, is what the demand needs. */
export function canServe(slot: Slot<unknown>, demand: Demand): boolean {
  return (
    slot.variant === demand.variant && slot.contextTokens >= (demand.minContextTokens ?? demand.contextTokens)
  );
}

export function isBusy(slot: Slot<unknown>): boolean {
  return slot.leases > 0 || slot.waiters.size > 0;
}

/** Whether a request may join right now: the model is there or on its way, and does not leave. */
export function isOpenTo(slot: Slot<unknown>, demand: Demand): boolean {
  return !slot.leaving && slot.phase.name !== "unloading" && canServe(slot, demand);
}

/** Whether it goes in any case, whoever waits for room. */
export function isDeparting(slot: Slot<unknown>): boolean {
  return slot.phase.name === "unloading" || slot.leaving === "asked" || slot.leaving === "expired";
}

export function toCandidate<Loaded>(slot: Slot<Loaded>): Candidate & { readonly slot: Slot<Loaded> } {
  const { bytes, deviceBytes, lastUse, order, uses, priority } = slot;
  const state = {
    isPinned: slot.isPinned && !isDeparting(slot),
    isBusy: isBusy(slot),
    isLeaving: slot.leaving !== undefined,
  };
  return { slot, bytes, deviceBytes, lastUse, order, uses, priority, ...state };
}

export function toResident(slot: Slot<unknown>): Resident {
  const { phase, expiry } = slot;
  return {
    id: slot.id,
    state: slot.leaving || phase.name === "unloading" ? "leaving" : phase.name,
    bytes: slot.bytes,
    deviceBytes: slot.deviceBytes,
    contextTokens: slot.contextTokens,
    variant: slot.variant,
    active: slot.leases,
    isPinned: slot.isPinned,
    ...(expiry && { expiresAtMs: expiry.atMs }),
    loadedAtMs: slot.loadedAtMs,
    loadMs: slot.loadMs,
    uses: slot.uses,
  };
}
