/** The mode `auto`: reads the machine from time to time and gives the engine limits that suit it. */
import { availableParallelism, loadavg, totalmem } from "node:os";
import {
  adaptIntervalMs,
  adaptMode,
  countThreads,
  createModeState,
  type MachineReading,
  type ModeChoice,
  type ModeSettings,
  readPowerSource,
} from "../models/index.ts";
import type { Clock } from "../resilience/index.ts";
import type { Engine, EngineLimits } from "./engine.ts";

export type AdaptationOptions = {
  readonly choice: ModeChoice;
  /** What the user has set, which no mode changes. */
  readonly fixed: Partial<EngineLimits>;
  readonly clock: Clock;
  readonly read: () => Promise<MachineReading>;
  readonly onChange: (mode: string, limits: EngineLimits) => void;
  /** The machine could not be read; it is tried again. */
  readonly onFailure: (error: unknown) => void;
};

/** Goes on until the returned function is called; a mode other than `auto` never changes anything. */
export function startAdaptation(engine: Pick<Engine, "adapt">, options: AdaptationOptions): () => void {
  if (options.choice !== "auto") return () => undefined;
  let state = createModeState(options.choice);
  let isStopped = false;
  let cancel = () => {};

  async function adapt(): Promise<void> {
    const next = adaptMode(state, await options.read());
    if (isStopped || next === state) return;
    state = next;
    const limits = { ...toLimits(state.settings), ...options.fixed };
    engine.adapt(limits);
    options.onChange(state.mode, limits);
  }

  function lookLater(): void {
    if (isStopped) return;
    cancel = options.clock.schedule(adaptIntervalMs, () => {
      void adapt().catch(options.onFailure).finally(lookLater);
    });
  }

  lookLater();
  return () => {
    isStopped = true;
    cancel();
  };
}

/** What a mode means for the engine on this machine. */
export function toLimits(settings: ModeSettings): EngineLimits {
  return {
    parallel: settings.parallel,
    kvType: settings.kvType,
    maxModels: settings.maxModels,
    gpuLayers: settings.usesGpu ? -1 : 0,
    ...(settings.threadShare < 1 && { threads: countThreads(settings, availableParallelism()) }),
  };
}

/** Memory and CPU of this machine, or of its container, and whether it runs on a battery. */
export async function readMachine(): Promise<MachineReading> {
  const constrained = process.constrainedMemory();
  const totalBytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return {
    atMs: performance.now(),
    memoryUsedShare: Math.min(1, Math.max(0, 1 - process.availableMemory() / totalBytes)),
    cpuLoadShare: (loadavg()[0] ?? 0) / availableParallelism(),
    onBattery: (await readPowerSource()) === "battery",
  };
}
