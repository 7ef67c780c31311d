import { AppError } from "../../base/index.ts";
import type { Clock } from "../../resilience/index.ts";
import type { Demand, ResidencyObserver, ResidencyOptions, Room } from "./demand.ts";
import { sumRoom, type Totals } from "./eviction-plan.ts";
import { createSlot, type Slot } from "./slot.ts";

export type ResidencyDeps<Loaded> = {
  readonly clock: Clock;
  /** Once it rejects, what it took is free again. The signal aborts where nobody wants the model any more. */
  load(id: string, demand: Demand, signal: AbortSignal): Promise<Loaded>;
  /** Resolves when the memory is really free. */
  unload(id: string, loaded: Loaded): Promise<void>;
  readonly observer: ResidencyObserver;
};

/** Told after each change that the table makes by itself. */
export type SlotEvents<Loaded> = {
  loaded(slot: Slot<Loaded>, loaded: Loaded): void;
  failed(slot: Slot<Loaded>, error: unknown): void;
  gone(): void;
};

/**
 * The models in memory and their way in and out: loading, ready, unloading, gone. At most one slot a model; a slot
 * stands here, and counts, from the moment its load may take memory until that memory is really free.
 */
export class SlotTable<Loaded> {
  readonly #options: ResidencyOptions;
  readonly #deps: ResidencyDeps<Loaded>;
  readonly #events: SlotEvents<Loaded>;
  readonly #slots = new Map<string, Slot<Loaded>>();
  #steps = 0;
  #evictions = 0;

  constructor(options: ResidencyOptions, deps: ResidencyDeps<Loaded>, events: SlotEvents<Loaded>) {
    this.#options = options;
    this.#deps = deps;
    this.#events = events;
  }

  find(id: string): Slot<Loaded> | undefined {
    return this.#slots.get(id);
  }

  /** In the order of loading. */
  list(): readonly Slot<Loaded>[] {
    return [...this.#slots.values()];
  }

  get used(): Totals {
    return sumRoom(this.#slots.values());
  }

  get evictions(): number {
    return this.#evictions;
  }

  has(slot: Slot<Loaded>): boolean {
    return this.#slots.get(slot.id) === slot;
  }

  /** Counts up; gives uses and loads their order. */
  nextStep(): number {
    this.#steps += 1;
    return this.#steps;
  }

  /** Starts to load a model that is not there. */
  open(id: string, demand: Demand): Slot<Loaded> {
    const { keepAlives, pinned, priorities, keepAliveMs } = this.#options;
    const slot = createSlot<Loaded>(id, demand, {
      order: this.nextStep(),
      loadedAtMs: this.#deps.clock.nowMs(),
      isPinned: pinned.includes(id),
      priority: priorities.get(id) ?? 0,
      keepAliveMs: demand.keepAliveMs ?? keepAlives.get(id) ?? keepAliveMs,
    });
    this.#slots.set(id, slot);
    void this.#load(slot, demand);
    return slot;
  }

  charge(id: string, room: Room): void {
    const slot = this.#slots.get(id);
    if (!slot) return;
    slot.bytes = room.bytes;
    slot.deviceBytes = room.deviceBytes;
  }

  /** The one way out: of memory, or of a load that is under way. */
  sendAway(slot: Slot<Loaded>): void {
    const { phase } = slot;
    if (phase.name === "unloading") return;
    slot.phase = { name: "unloading" };
    slot.expiry?.cancel();
    slot.expiry = undefined;
    if (phase.name === "loading") {
      slot.abandon.abort(
        new AppError("cancelled", `${slot.id} was not wanted any more while it was loading`),
      );
      return;
    }
    this.#evictions += 1;
    this.#deps.observer.evicted(slot.id, slot.leaving ?? "asked");
    void this.#unload(slot, phase.loaded);
  }

  /** Forgets a model whose memory is free. */
  drop(slot: Slot<Loaded>): void {
    slot.expiry?.cancel();
    slot.expiry = undefined;
    this.#slots.delete(slot.id);
    slot.gone.resolve();
  }

  async #load(slot: Slot<Loaded>, demand: Demand): Promise<void> {
    const { clock, observer } = this.#deps;
    let loaded: Loaded;
    try {
      // What is called here must not call back into a decision that is being made.
      await Promise.resolve();
      loaded = await this.#deps.load(slot.id, demand, slot.abandon.signal);
    } catch (error) {
      this.drop(slot);
      slot.outcome.resolve({ error });
      this.#events.failed(slot, error);
      return;
    }
    if (slot.phase.name === "unloading") {
      slot.outcome.resolve({ error: slot.abandon.signal.reason });
      await this.#unload(slot, loaded);
      return;
    }
    const nowMs = clock.nowMs();
    slot.loadMs = nowMs - slot.loadedAtMs;
    slot.loadedAtMs = nowMs;
    slot.phase = { name: "ready", loaded };
    observer.loaded(slot.id, slot.loadMs);
    slot.outcome.resolve(undefined);
    this.#events.loaded(slot, loaded);
  }

  async #unload(slot: Slot<Loaded>, loaded: Loaded): Promise<void> {
    try {
      await Promise.resolve();
      await this.#deps.unload(slot.id, loaded);
    } catch (error) {
      this.#deps.observer.unloadFailed(slot.id, error);
    }
    this.drop(slot);
    this.#events.gone();
  }
}
