/*
 * Which models are in memory. Invariants:
 * - Whenever a load starts, all that is loading, loaded or not yet really gone stays within the limits. Only `update`
 *   and `setLimits` can pass them; idle models then leave.
 * - A model with a lease is never unloaded, a pinned one only when asked or to be loaded anew.
 * - Room is given in the order of asking: only the first in line may claim some. A busy model that it needs takes no
 *   new requests until then, so nobody waits for ever; claims that are not needed any more are lifted.
 * Everything is decided in `#advance`, which runs in one piece after each event.
 */
import type {
  Demand,
  EvictionReason,
  Lease,
  Limits,
  ResidencyOptions,
  ResidencyStats,
  Resident,
  Room,
} from "./demand.ts";
import { fitsBeside, isWithin, planEvictions, planRelief, sumRoom, type Totals } from "./eviction-plan.ts";
import { startExpiry } from "./expiry.ts";
import { type Preload, type PreloadResult, preloadInOrder } from "./preload.ts";
import { describeFull, describeStopping, describeTooLarge } from "./refusals.ts";
import { canServe, isBusy, isDeparting, isOpenTo, type Slot, toCandidate, toResident } from "./slot.ts";
import { type ResidencyDeps, SlotTable } from "./slot-table.ts";
import { createTicket, type Ticket } from "./ticket.ts";

export type { Residency };

export function createResidency<Loaded>(
  options: ResidencyOptions,
  deps: ResidencyDeps<Loaded>,
): Residency<Loaded> {
  return new Residency(options, deps);
}

class Residency<Loaded> {
  readonly #options: ResidencyOptions;
  readonly #deps: ResidencyDeps<Loaded>;
  readonly #slots: SlotTable<Loaded>;
  /** Requests that wait for room, first come first. Those that wait for a load stand with its slot. */
  #line: Ticket<Loaded>[] = [];
  #limits: Limits;
  #isStopping = false;
  readonly #counts = { hits: 0, misses: 0, preloads: 0 };

  constructor(options: ResidencyOptions, deps: ResidencyDeps<Loaded>) {
    this.#options = options;
    this.#deps = deps;
    this.#limits = options;
    this.#slots = new SlotTable(options, deps, {
      loaded: (slot, loaded) => this.#letIn(slot, loaded),
      failed: (slot, error) => this.#turnAway(slot, error),
      gone: () => this.#advance(),
    });
  }

  /**
   * Waits for room and the load where the model is not there. Throws model_too_large where it can never fit,
   * queue_full, shutting_down, the signal's reason, or what the load failed with.
   */
  async acquire(id: string, demand: Demand, signal: AbortSignal): Promise<Lease<Loaded>> {
    signal.throwIfAborted();
    if (this.#isStopping) throw describeStopping(id);
    const slot = this.#slots.find(id);
    const open = slot && isOpenTo(slot, demand) ? slot : undefined;
    if (open?.phase.name === "ready") {
      this.#counts.hits += 1;
      this.#deps.observer.hit(id);
      return this.#grant(open, open.phase.loaded, demand, 0);
    }
    const pinned = this.#sumPinnedBeside(id);
    if (!fitsBeside(pinned, demand, this.#limits)) throw describeTooLarge(id, demand, pinned, this.#limits);
    if (this.#waiting >= this.#options.maxWaiting) throw describeFull(id, this.#waiting);
    this.#counts.misses += 1;
    this.#deps.observer.miss(id);
    const request = { id, demand, askedAtMs: this.#deps.clock.nowMs() };
    const ticket = createTicket<Loaded>(request, signal, (aborted) => this.#forget(aborted));
    if (open) open.waiters.add(ticket);
    else this.#line.push(ticket);
    this.#advance();
    ticket.hasQueued = this.#line.includes(ticket);
    return await ticket.lease;
  }

  /** Lets the running answers of a model end, then unloads it, pinned or not. False where it was not there. */
  async unload(id: string): Promise<boolean> {
    const slot = this.#slots.find(id);
    if (!slot) return false;
    slot.leaving = "asked";
    this.#advance();
    await slot.gone.promise;
    return true;
  }

  /** Loads models one after another while they fit beside what is there; nothing leaves for them, nobody waits. */
  preload(
    wanted: readonly Preload[],
    options: { readonly maxModels: number; readonly signal: AbortSignal },
  ): Promise<PreloadResult> {
    return preloadInOrder(wanted, options, {
      isThere: (id) => this.#slots.find(id) !== undefined,
      canLoad: (_, demand) => !this.#isStopping && this.#line.length === 0 && this.#hasRoom(demand),
      load: async (id, demand) => {
        const failure = await this.#slots.open(id, demand).outcome.promise;
        if (failure) return failure;
        this.#counts.preloads += 1;
        this.#deps.observer.preloaded(id);
        return undefined;
      },
    });
  }

  /** Charges what a model really takes. */
  update(id: string, room: Room): void {
    this.#slots.charge(id, room);
    this.#advance();
  }

  /** Changes what may be in memory from now on; where it is passed, models leave as they become idle. */
  setLimits(limits: Limits): void {
    this.#limits = limits;
    this.#advance();
  }

  /** The host of a loaded model has ended by itself: its room is free. Leases of it are released as always. */
  lost(id: string, loaded: Loaded): void {
    const slot = this.#slots.find(id);
    if (slot?.phase.name !== "ready" || slot.phase.loaded !== loaded) return;
    this.#slots.drop(slot);
    this.#advance();
  }

  /** In the order of loading. */
  snapshot(): readonly Resident[] {
    return this.#slots.list().map(toResident);
  }

  stats(): ResidencyStats {
    const { hits, misses } = this.#counts;
    const { budgetBytes, deviceBudgetBytes, maxModels } = this.#limits;
    const { bytes, deviceBytes } = this.#slots.used;
    return {
      ...this.#counts,
      evictions: this.#slots.evictions,
      hitRatePercent: hits + misses === 0 ? 0 : (100 * hits) / (hits + misses),
      waiting: this.#waiting,
      budgetBytes,
      deviceBudgetBytes,
      maxModels,
      usedBytes: bytes,
      usedDeviceBytes: deviceBytes,
    };
  }

  /** Refuses whoever waits or comes; unloads each model once it is idle, and all at once when `deadline` aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    const slots = this.#slots.list();
    for (const ticket of [...this.#line, ...slots.flatMap((slot) => [...slot.waiters])]) {
      ticket.reject(describeStopping(ticket.id));
    }
    this.#line = [];
    for (const slot of slots) {
      slot.waiters.clear();
      slot.leaving = "asked";
    }
    this.#advance();
    const endAll = () => {
      for (const slot of slots) if (this.#slots.has(slot)) this.#slots.sendAway(slot);
    };
    deadline.addEventListener("abort", endAll);
    if (deadline.aborted) endAll();
    await Promise.all(slots.map((slot) => slot.gone.promise));
    deadline.removeEventListener("abort", endAll);
  }

  #advance(): void {
    this.#relieve();
    for (let first = this.#line[0]; first; first = this.#line[0]) {
      if (!this.#serve(first)) break;
    }
    if (this.#line.length === 0) this.#claim(new Map());
    for (const slot of this.#slots.list()) {
      if (slot.leaving && !isBusy(slot)) this.#slots.sendAway(slot);
    }
  }

  /** Past the limits: idle models leave until what is left is within. */
  #relieve(): void {
    const staying = this.#slots.list().filter((slot) => !isDeparting(slot));
    if (isWithin(sumRoom(staying), this.#limits)) return;
    for (const { slot } of planRelief(staying.map(toCandidate), this.#limits, this.#options.policy)) {
      slot.leaving = "room";
      this.#slots.sendAway(slot);
    }
  }

  /** Gives the first in line what it needs, or claims it. False where it has to wait. */
  #serve(first: Ticket<Loaded>): boolean {
    const { id, demand } = first;
    const own = this.#slots.find(id);
    if (own && !isDeparting(own) && canServe(own, demand)) {
      this.#admit(own);
      return true;
    }
    const others = this.#slots.list().filter((slot) => slot !== own && slot.phase.name !== "unloading");
    const plan = planEvictions(others.map(toCandidate), demand, this.#limits, this.#options.policy);
    if (!plan) {
      this.#line.shift();
      first.reject(describeTooLarge(id, demand, this.#sumPinnedBeside(id), this.#limits));
      return true;
    }
    const claims = new Map<Slot<Loaded>, EvictionReason>(plan.map(({ slot }) => [slot, "room"]));
    if (own) claims.set(own, "reload");
    this.#claim(claims);
    if (claims.size > 0 || !this.#hasRoom(demand)) return false;
    this.#admit(this.#slots.open(id, demand));
    return true;
  }

  /** From now on these models, and no others, leave for the sake of the first in line. */
  #claim(claims: ReadonlyMap<Slot<Loaded>, EvictionReason>): void {
    for (const slot of this.#slots.list()) {
      if (isDeparting(slot)) continue;
      const wasLeaving = slot.leaving !== undefined;
      slot.leaving = claims.get(slot);
      if (wasLeaving && !slot.leaving) this.#admit(slot);
    }
  }

  /** Takes out of the line all who wait for a model that is there, or on its way. */
  #admit(slot: Slot<Loaded>): void {
    const { phase } = slot;
    const admitted = this.#line.filter(({ id, demand }) => id === slot.id && canServe(slot, demand));
    this.#line = this.#line.filter((ticket) => !admitted.includes(ticket));
    for (const ticket of admitted) {
      const waitedMs = this.#deps.clock.nowMs() - ticket.askedAtMs;
      if (ticket.hasQueued) this.#deps.observer.waited(slot.id, waitedMs);
      if (phase.name === "ready") ticket.resolve(this.#grant(slot, phase.loaded, ticket.demand, waitedMs));
      else slot.waiters.add(ticket);
    }
  }

  /** The model has been loaded. Where all who wanted it have left it stays as an idle one. */
  #letIn(slot: Slot<Loaded>, loaded: Loaded): void {
    const waiters = [...slot.waiters];
    slot.waiters.clear();
    for (const ticket of waiters) {
      const loadMs = this.#deps.clock.nowMs() - ticket.askedAtMs;
      ticket.resolve(this.#grant(slot, loaded, ticket.demand, loadMs));
    }
    if (waiters.length === 0) this.#rest(slot);
    this.#advance();
  }

  #turnAway(slot: Slot<Loaded>, error: unknown): void {
    for (const ticket of slot.waiters) ticket.reject(error);
    slot.waiters.clear();
    this.#advance();
  }

  #grant(slot: Slot<Loaded>, loaded: Loaded, demand: Demand, loadMs: number): Lease<Loaded> {
    slot.expiry?.cancel();
    slot.expiry = undefined;
    slot.leases += 1;
    slot.uses += 1;
    slot.lastUse = this.#slots.nextStep();
    slot.keepAliveMs = demand.keepAliveMs ?? slot.keepAliveMs;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#release(slot);
    };
    return { loaded, loadMs, release, [Symbol.dispose]: release };
  }

  #release(slot: Slot<Loaded>): void {
    slot.leases -= 1;
    if (!this.#slots.has(slot)) return;
    slot.lastUse = this.#slots.nextStep();
    if (slot.leases === 0) this.#rest(slot);
    this.#advance();
  }

  /** Starts the time after which an idle model leaves. */
  #rest(slot: Slot<Loaded>): void {
    if (slot.isPinned || slot.leaving || slot.keepAliveMs === Number.POSITIVE_INFINITY) return;
    const expire = () => {
      slot.leaving = "expired";
      this.#advance();
    };
    if (slot.keepAliveMs <= 0) slot.leaving = "expired";
    else slot.expiry = startExpiry(this.#deps.clock, slot.keepAliveMs, expire);
  }

  #forget(aborted: Ticket<Loaded>): void {
    this.#line = this.#line.filter((ticket) => ticket !== aborted);
    this.#slots.find(aborted.id)?.waiters.delete(aborted);
    this.#advance();
  }

  #hasRoom(room: Room): boolean {
    return fitsBeside(this.#slots.used, room, this.#limits);
  }

  #sumPinnedBeside(id: string): Totals {
    return sumRoom(
      this.#slots.list().filter((slot) => slot.id !== id && slot.isPinned && !isDeparting(slot)),
    );
  }

  get #waiting(): number {
    return this.#slots.list().reduce((sum, slot) => sum + slot.waiters.size, this.#line.length);
  }
}
