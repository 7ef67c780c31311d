/*
 * The mode `auto`: on battery power-saver; where memory is critical high-performance, whose KV cache is quantised and
 * which keeps fewer models, until memory is moderate again; else balanced. Inside a mode the number of answers side by
 * side follows memory, and half of the cores are left to other programs while they want them. Any change is followed by a time without changes, so that readings that swing around a threshold change
 * nothing more often than that. A mode that was chosen stays as it is.
 */
import {
  initialMode,
  type Mode,
  type ModeChoice,
  type ModeSettings,
  modeSettings,
  rateResource,
} from "./modes.ts";

export const adaptIntervalMs = 10_000;
export const maxAdaptedParallel = 64;

const shrinkAboveShare = 0.8;
const growBelowShare = 0.4;
/** Inference alone keeps every core of its own busy, a share of 1; beyond this others wait for theirs. */
const crowdedCpuShare = 1.5;
/** Below this, with half of the cores, there is room for all of them again. */
const freeCpuShare = 0.9;
const crowdedThreadShare = 0.5;

/** What the machine says at a moment. Shares run from 0 to 1. */
export type MachineReading = {
  readonly atMs: number;
  readonly memoryUsedShare: number;
  readonly cpuLoadShare: number;
  readonly onBattery: boolean;
};

export type ModeState = {
  readonly choice: ModeChoice;
  readonly mode: Mode;
  readonly settings: ModeSettings;
  readonly changedAtMs?: number;
};

export function createModeState(choice: ModeChoice): ModeState {
  const mode = choice === "auto" ? initialMode : choice;
  return { choice, mode, settings: modeSettings[mode] };
}

/** The next state; the same object where nothing changes. */
export function adaptMode(state: ModeState, reading: MachineReading): ModeState {
  if (state.choice !== "auto") return state;
  if (state.changedAtMs !== undefined && reading.atMs - state.changedAtMs < adaptIntervalMs) return state;
  const mode = chooseMode(state.mode, reading);
  const settings = mode === state.mode ? adaptSettings(state, reading) : enterMode(mode, state.settings);
  if (mode === state.mode && isEqual(settings, state.settings)) return state;
  return { choice: state.choice, mode, settings, changedAtMs: reading.atMs };
}

function chooseMode(current: Mode, reading: MachineReading): Mode {
  if (reading.onBattery) return "power-saver";
  const memory = rateResource(1 - reading.memoryUsedShare);
  if (memory === "critical") return "high-performance";
  return memory === "constrained" && current === "high-performance" ? current : "balanced";
}

/** Only the way back to balanced raises the number of answers side by side; the others are there to save. */
function enterMode(mode: Mode, before: ModeSettings): ModeSettings {
  const settings = modeSettings[mode];
  return {
    ...settings,
    parallel: mode === "balanced" ? settings.parallel : Math.min(before.parallel, settings.parallel),
  };
}

function adaptSettings({ mode, settings }: ModeState, reading: MachineReading): ModeSettings {
  return {
    ...settings,
    threadShare: adaptThreads(mode, settings, reading),
    parallel: adaptParallel(mode, settings.parallel, reading.memoryUsedShare),
  };
}

function adaptThreads(mode: Mode, { threadShare }: ModeSettings, { cpuLoadShare }: MachineReading): number {
  const most = modeSettings[mode].threadShare;
  if (cpuLoadShare > crowdedCpuShare) return Math.min(most, crowdedThreadShare);
  return cpuLoadShare < freeCpuShare ? most : threadShare;
}

/**
 * b answers side by side: floor(0.7·b), at least 1, above 80 % of memory; floor(1.2·b), at least one more, below 40 %.
 * On battery it does not grow beyond what the mode says.
 */
function adaptParallel(mode: Mode, parallel: number, memoryUsedShare: number): number {
  if (memoryUsedShare > shrinkAboveShare) return Math.max(1, Math.floor(0.7 * parallel));
  const most = mode === "power-saver" ? modeSettings[mode].parallel : maxAdaptedParallel;
  if (memoryUsedShare >= growBelowShare || parallel >= most) return parallel;
  return Math.min(most, Math.max(parallel + 1, Math.floor(1.2 * parallel)));
}

function isEqual(a: ModeSettings, b: ModeSettings): boolean {
  return a.parallel === b.parallel && a.threadShare === b.threadShare;
}
