export type Mode = "high-quality" | "balanced" | "high-performance" | "power-saver";

/** What the user chose: a mode for good, or the one that suits the moment. */
export type ModeChoice = Mode | "auto";

/** What a mode sets where the user has set nothing else. */
export type ModeSettings = {
  readonly usesGpu: boolean;
  /** Answers decoded side by side, a model. */
  readonly parallel: number;
  readonly kvType: "f16" | "q8_0";
  /** Models in memory at once. */
  readonly maxModels: number;
  /** Whether models are loaded at start. */
  readonly preloads: boolean;
  /** Of the cores, how many infer. */
  readonly threadShare: number;
};

export const initialMode: Mode = "balanced";

export const modeSettings: Readonly<Record<Mode, ModeSettings>> = {
  "high-quality": {
    usesGpu: true,
    parallel: 32,
    kvType: "f16",
    maxModels: 4,
    preloads: true,
    threadShare: 1,
  },
  balanced: { usesGpu: true, parallel: 16, kvType: "f16", maxModels: 4, preloads: true, threadShare: 1 },
  "high-performance": {
    usesGpu: true,
    parallel: 8,
    kvType: "q8_0",
    maxModels: 2,
    preloads: false,
    threadShare: 1,
  },
  "power-saver": {
    usesGpu: false,
    parallel: 4,
    kvType: "q8_0",
    maxModels: 1,
    preloads: false,
    threadShare: 0.5,
  },
};

/** Threads of a share of the cores, at least one. */
export function countThreads(settings: Pick<ModeSettings, "threadShare">, cores: number): number {
  return Math.max(1, Math.floor(cores * settings.threadShare));
}

export type ResourceState = "abundant" | "moderate" | "constrained" | "critical";

/** By what is available: more than 50 %, 30 %, 10 %, or less. */
export function rateResource(availableShare: number): ResourceState {
  if (availableShare > 0.5) return "abundant";
  if (availableShare > 0.3) return "moderate";
  return availableShare > 0.1 ? "constrained" : "critical";
}
