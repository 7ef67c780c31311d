import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  adaptIntervalMs,
  adaptMode,
  createModeState,
  type MachineReading,
  type ModeState,
} from "./adapt-mode.ts";
import { countThreads, initialMode, type ModeChoice, modeSettings, rateResource } from "./modes.ts";

const calm = { memoryUsedShare: 0.6, cpuLoadShare: 0.1, onBattery: false };
const choices: readonly ModeChoice[] = [
  "high-quality",
  "balanced",
  "high-performance",
  "power-saver",
  "auto",
];

/** The states after each reading, one interval apart. */
function follow(state: ModeState, readings: readonly Partial<MachineReading>[]): readonly ModeState[] {
  const states: ModeState[] = [];
  for (const [index, reading] of readings.entries()) {
    state = adaptMode(state, { ...calm, atMs: index * adaptIntervalMs, ...reading });
    states.push(state);
  }
  return states;
}

function startAt(parallel: number): ModeState {
  const state = createModeState("auto");
  return { ...state, settings: { ...state.settings, parallel } };
}

test("the modes set what the table says", () => {
  const rows = Object.entries(modeSettings).map(([mode, settings]) => [
    mode,
    settings.usesGpu,
    settings.parallel,
    settings.kvType,
    settings.maxModels,
    settings.preloads,
  ]);
  expect(rows).toEqual([
    ["high-quality", true, 32, "f16", 4, true],
    ["balanced", true, 16, "f16", 4, true],
    ["high-performance", true, 8, "q8_0", 2, false],
    ["power-saver", false, 4, "q8_0", 1, false],
  ]);
});

test("power-saver infers on half of the cores, on one at least; the other modes on all", () => {
  expect([1, 2, 7].map((cores) => countThreads(modeSettings["power-saver"], cores))).toEqual([1, 1, 3]);
  expect(countThreads(modeSettings.balanced, 7)).toBe(7);
});

test("what is available is abundant, moderate, constrained or critical", () => {
  const states = [1, 0.51, 0.5, 0.31, 0.3, 0.11, 0.1, 0].map(rateResource);
  expect(states).toEqual([
    ...(["abundant", "abundant", "moderate", "moderate"] as const),
    ...(["constrained", "constrained", "critical", "critical"] as const),
  ]);
});

test("M1: from one answer at a time, free memory leads to 64, and no further", () => {
  const states = follow(startAt(1), Array(30).fill({ memoryUsedShare: 0.2 }));
  const counts = states.map(({ settings }) => settings.parallel);
  expect(counts.slice(0, 10)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
  expect(counts.at(-1)).toBe(64);
});

test("M1: scarce memory leads down to one answer at a time", () => {
  const counts = follow(startAt(64), Array(12).fill({ memoryUsedShare: 0.85 })).map(
    ({ settings }) => settings.parallel,
  );
  expect(counts).toEqual([44, 30, 21, 14, 9, 6, 4, 2, 1, 1, 1, 1]);
});

test("M3: what a mode starts with is what its table row says", () => {
  expect(createModeState("auto")).toMatchObject({ mode: initialMode, settings: modeSettings[initialMode] });
  for (const choice of choices.filter((one) => one !== "auto")) {
    expect(createModeState(choice).settings).toEqual(modeSettings[choice]);
  }
  expect(createModeState("auto").settings.parallel).toBe(16);
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const load = fc.double({ min: 0, max: 4, noNaN: true });
const anyReading = fc.record({
  gapMs: fc.nat({ max: 2 * adaptIntervalMs }),
  memoryUsedShare: share,
  cpuLoadShare: load,
  onBattery: fc.boolean(),
});

test("M2: whatever is chosen and read, there is one model, one answer and one thread at least", () => {
  fc.assert(
    fc.property(fc.constantFrom(...choices), fc.array(anyReading, { maxLength: 60 }), (choice, readings) => {
      let state = createModeState(choice);
      let atMs = 0;
      for (const { gapMs, ...reading } of readings) {
        atMs += gapMs;
        state = adaptMode(state, { ...reading, atMs });
        expect(state.settings.maxModels).toBeGreaterThanOrEqual(1);
        expect(state.settings.parallel).toBeGreaterThanOrEqual(1);
        expect(state.settings.parallel).toBeLessThanOrEqual(64);
        expect(countThreads(state.settings, 1)).toBe(1);
      }
    }),
  );
});

test("M4: whatever swings, two changes are an interval apart", () => {
  const nearThreshold = fc.record({
    gapMs: fc.nat({ max: 3000 }),
    memoryUsedShare: fc.constantFrom(0.79, 0.81, 0.39, 0.41, 0.89, 0.91),
    cpuLoadShare: load,
    onBattery: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(nearThreshold, { maxLength: 100 }), (readings) => {
      let state = createModeState("auto");
      let atMs = 0;
      let lastChangeMs = Number.NEGATIVE_INFINITY;
      for (const { gapMs, ...reading } of readings) {
        atMs += gapMs;
        const next = adaptMode(state, { ...reading, atMs });
        if (next !== state) {
          expect(atMs - lastChangeMs).toBeGreaterThanOrEqual(adaptIntervalMs);
          lastChangeMs = atMs;
        }
        state = next;
      }
    }),
  );
});

test("M4: memory that swings around 80 % every second lowers the count once an interval", () => {
  let state = startAt(32);
  const counts = new Set<number>();
  for (let atMs = 0; atMs < 2 * adaptIntervalMs; atMs += 1000) {
    state = adaptMode(state, { ...calm, atMs, memoryUsedShare: atMs % 2000 === 0 ? 0.81 : 0.79 });
    counts.add(state.settings.parallel);
  }
  expect([...counts]).toEqual([22, 15]);
});

test("a mode that was chosen stays as it is", () => {
  const worst = { memoryUsedShare: 1, cpuLoadShare: 1, onBattery: true };
  for (const choice of choices.filter((one) => one !== "auto")) {
    const state = createModeState(choice);
    expect(adaptMode(state, { ...worst, atMs: 0 })).toBe(state);
  }
});

test("auto saves power on battery and is back to balanced on mains", () => {
  const states = follow(createModeState("auto"), [{ onBattery: true }, { onBattery: true }, {}]);
  expect(states.map(({ mode }) => mode)).toEqual(["power-saver", "power-saver", "balanced"]);
  expect(states.at(-1)?.settings).toEqual(modeSettings.balanced);
});

test("auto on battery does not grow beyond what power-saver allows", () => {
  const states = follow(createModeState("auto"), Array(9).fill({ onBattery: true, memoryUsedShare: 0.1 }));
  expect(states.at(-1)?.settings).toEqual(modeSettings["power-saver"]);
});

test("auto quantises the KV cache where memory is critical, until memory is moderate again", () => {
  const used = [0.89, 0.91, 0.85, 0.71, 0.69];
  const states = follow(
    createModeState("auto"),
    used.map((memoryUsedShare) => ({ memoryUsedShare })),
  );
  expect(states.map(({ mode }) => mode)).toEqual([
    "balanced",
    "high-performance",
    "high-performance",
    "high-performance",
    "balanced",
  ]);
  expect(states[1]?.settings).toMatchObject({ kvType: "q8_0", maxModels: 2, parallel: 8 });
});

test("auto does not raise the count of answers on the way into a mode that saves", () => {
  const [state] = follow(startAt(2), [{ memoryUsedShare: 0.95 }]);
  expect(state).toMatchObject({ mode: "high-performance", settings: { parallel: 2 } });
});

test("auto leaves half of the cores to other programs while they want them", () => {
  const loads = [1, 1.6, 1.2, 0.95, 0.8];
  const states = follow(
    createModeState("auto"),
    loads.map((cpuLoadShare) => ({ cpuLoadShare })),
  );
  expect(states.map(({ settings }) => settings.threadShare)).toEqual([1, 0.5, 0.5, 0.5, 1]);
});
