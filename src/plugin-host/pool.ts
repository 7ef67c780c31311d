import type { Clock } from "../resilience/index.ts";
import type { Failure, FailureCode } from "./failure.ts";
import { HostSlot } from "./host-slot.ts";
import type { JobEnd, NewJob } from "./job.ts";
import type { ModuleFacts } from "./protocol.ts";

/** Processes for plugins that behave. One more, which is only started for them, holds those that have not. */
const defaultHosts = 2;
export const maxWaitingCalls = 1_000;
/** A process that nobody has called for so long ends, and its plugins with it. */
export const idleAfterMs = 300_000;
/** A call that has had the thread for so long may have it for longer: those behind it go elsewhere. */
const stuckAfterMs = 100;
const sweepIntervalMs = 15_000;

export type PoolOptions = {
  readonly hosts?: number;
  readonly clock: Clock;
  readonly onRestart: (plugin: string | undefined, reason: FailureCode | undefined) => void;
};

export type PoolCall = NewJob & {
  /** It broke a limit before: it runs apart from those that did not. */
  readonly isSuspect: boolean;
};

/** Few processes that hold many plugins. */
export type Pool = {
  run(call: PoolCall): Promise<JobEnd>;
  /** Of a plugin that is loaded now. */
  facts(key: string): ModuleFacts | undefined;
  /** Forgets a plugin that was changed; calls that run go on as they began. */
  unload(key: string): void;
  /** Ends the calls of a plugin that may not run any more, also those that began before it was changed. */
  end(name: string, failure: Failure): void;
  stats(): {
    readonly processes: number;
    readonly pids: readonly number[];
    readonly memoryBytes: number;
    readonly waiting: number;
  };
  stop(): Promise<void>;
};

export function createPool({ hosts = defaultHosts, clock, onRestart }: PoolOptions): Pool {
  const apart = new HostSlot({
    name: "the plugin host for plugins that broke limits",
    clock,
    onRestart,
    onDismiss: (jobs) => {
      for (const job of jobs) job.fail(dismissFailure);
    },
  });
  const shared = Array.from({ length: hosts }, (_, index) => {
    const name = `plugin host ${index + 1}`;
    return new HostSlot({ name, clock, onRestart, onDismiss: (jobs) => apart.adopt(...jobs) });
  });
  const all = [...shared, apart];
  const homes = new Map<string, HostSlot>();
  const usedAtMs = new Map<string, number>();
  const watched = new Set<HostSlot>();
  let isStopped = false;
  let cancelSweep = clock.schedule(sweepIntervalMs, sweep);

  function choose({ spec, isSuspect }: PoolCall): HostSlot {
    if (isSuspect) return apart;
    const home = homes.get(spec.key);
    if (home && !home.isStuck(stuckAfterMs)) return home;
    const free = shared.filter((slot) => !slot.isStuck(stuckAfterMs));
    const chosen = lightest(free.length > 0 ? free : shared);
    homes.set(spec.key, chosen);
    return chosen;
  }
  /** Calls that wait behind one that does not end are taken over by another process. */
  function relieve(slot: HostSlot): void {
    watched.delete(slot);
    if (isStopped || slot.waiting === 0) return;
    const free = shared.filter((each) => each !== slot && !each.isStuck(stuckAfterMs));
    if (free.length > 0 && slot.isStuck(stuckAfterMs)) {
      const other = lightest(free);
      const moving = slot.surrender();
      for (const { spec } of moving) homes.set(spec.key, other);
      other.adopt(...moving);
      if (moving.length > 0) watch(other);
    }
    watch(slot);
  }
  function watch(slot: HostSlot): void {
    if (slot === apart || watched.has(slot)) return;
    watched.add(slot);
    clock.schedule(stuckAfterMs, () => relieve(slot));
  }
  function sweep(): void {
    const now = clock.nowMs();
    const isIdle = (key: string) => now - (usedAtMs.get(key) ?? 0) > idleAfterMs;
    for (const slot of all) {
      for (const key of slot.loadedKeys) {
        if (isIdle(key) && slot.load === 0) slot.unload(key);
      }
      const idleSinceMs = slot.idleSinceMs;
      if (idleSinceMs !== undefined && now - idleSinceMs > idleAfterMs) void slot.rest();
    }
    for (const key of [...usedAtMs.keys()].filter(isIdle)) {
      usedAtMs.delete(key);
      homes.delete(key);
    }
    if (!isStopped) cancelSweep = clock.schedule(sweepIntervalMs, sweep);
  }
  return {
    async run(call) {
      if (isStopped) return refuse(stopFailure);
      if (all.reduce((sum, slot) => sum + slot.load, 0) >= maxWaitingCalls) return refuse(busyFailure);
      const slot = choose(call);
      usedAtMs.set(call.spec.key, clock.nowMs());
      if (slot.load > 0) watch(slot);
      return await slot.run(call);
    },
    facts: (key) => all.map((slot) => slot.facts(key)).find((facts) => facts !== undefined),
    unload(key) {
      homes.delete(key);
      usedAtMs.delete(key);
      for (const slot of all) slot.unload(key);
    },
    end(name, failure) {
      for (const slot of all) slot.end(name, failure);
    },
    stats: () => ({
      processes: all.filter((slot) => slot.pid !== undefined).length,
      pids: all.map((slot) => slot.pid).filter((pid) => pid !== undefined),
      memoryBytes: all.reduce((sum, slot) => sum + slot.memoryBytes, 0),
      waiting: all.reduce((sum, slot) => sum + slot.load, 0),
    }),
    async stop() {
      isStopped = true;
      cancelSweep();
      await Promise.all(all.map((slot) => slot.stop(stopFailure)));
    },
  };
}

const stopFailure: Failure = { code: "plugin_cancelled", message: "Hearth is being stopped" };
const busyFailure: Failure = {
  code: "plugin_busy",
  message: `${maxWaitingCalls} calls of plugins wait already; call again later`,
};

const dismissFailure: Failure = {
  code: "plugin_quarantined",
  message: "other calls of it took their process down twice while this one waited",
};

function lightest(slots: readonly HostSlot[]): HostSlot {
  return slots.reduce((best, slot) => (slot.weight < best.weight ? slot : best));
}

function refuse(failure: Failure): JobEnd {
  return { ok: false, failure, report: { durationMs: 0, memoryBytes: 0, logs: [] } };
}
