/** What each measure of an answer has to stay below. Calibrated bars belong to one model, told by its digest. */
import type { Database } from "../../store/index.ts";
import type { CalibrationReport } from "./calibration-report.ts";

/** One bar a gate; a measure without one gates nothing. */
export type Bars = {
  readonly perplexity: number;
  /** Of the entropy statistic: normalised, from 0 to 1. */
  readonly entropy: number;
  /** Nats per token. */
  readonly surprise: number;
};

export type BarName = keyof Bars;
export const barNames = ["perplexity", "entropy", "surprise"] as const satisfies readonly BarName[];

const defaultBars: Bars = { perplexity: 50, entropy: 0.85, surprise: 0.067 };

type ThresholdSource = "default" | "calibrated" | "request";

export type Thresholds = {
  readonly bars: Partial<Bars>;
  readonly sources: Readonly<Record<BarName, ThresholdSource>>;
};

/** Bars that were calibrated for a model, without those of measures that tell nothing of its answers. */
export type CalibratedThresholds = {
  readonly modelDigest: string;
  readonly bars: Partial<Bars>;
  readonly report: CalibrationReport;
  readonly createdAtMs: number;
};

/** The bars of a request: its own first, then the model's calibrated ones, then the defaults. */
export function chooseThresholds(
  given: Partial<Bars>,
  calibrated: Pick<CalibratedThresholds, "bars"> | undefined,
): Thresholds {
  const base = calibrated?.bars ?? defaultBars;
  const source = (name: BarName): ThresholdSource => {
    if (given[name] !== undefined) return "request";
    return calibrated === undefined ? "default" : "calibrated";
  };
  return {
    bars: { ...base, ...given },
    sources: {
      perplexity: source("perplexity"),
      entropy: source("entropy"),
      surprise: source("surprise"),
    },
  };
}

/** Whether the bars are the model's own. A gate of any others advises and decides nothing. */
export function areCalibrated({ sources }: Thresholds): boolean {
  return barNames.every((name) => sources[name] === "calibrated");
}

export type ThresholdStore = {
  /** Undefined where none were calibrated for that model. */
  find(modelDigest: string): Promise<CalibratedThresholds | undefined>;
  /** Takes the place of what the model had. */
  save(thresholds: Omit<CalibratedThresholds, "createdAtMs">): Promise<CalibratedThresholds>;
};

export function createThresholdStore(deps: {
  database(): Promise<Database>;
  readonly now: () => number;
}): ThresholdStore {
  return {
    async find(modelDigest) {
      const { kysely } = await deps.database();
      const row = await kysely
        .selectFrom("trajectory_threshold")
        .selectAll()
        .where("model_digest", "=", modelDigest)
        .executeTakeFirst();
      if (!row) return undefined;
      return {
        modelDigest,
        bars: JSON.parse(row.thresholds),
        report: JSON.parse(row.report),
        createdAtMs: row.created_at_ms,
      };
    },
    async save({ modelDigest, bars, report }) {
      const { kysely } = await deps.database();
      const createdAtMs = deps.now();
      await kysely
        .replaceInto("trajectory_threshold")
        .values({
          model_digest: modelDigest,
          thresholds: JSON.stringify(bars),
          report: JSON.stringify(report),
          created_at_ms: createdAtMs,
        })
        .execute();
      return { modelDigest, bars, report, createdAtMs };
    },
  };
}
