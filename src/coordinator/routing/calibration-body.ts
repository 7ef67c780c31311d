import type { JsonObject } from "../../contract/index.ts";
import type { CalibratedBar } from "./bar-store.ts";
import type { RouteCalibration } from "./calibrate.ts";
import type { CurvePoint } from "./calibration-curve.ts";

const digits = 6;
/** Points of a curve that are told; of more, evenly chosen ones. */
const maxPoints = 101;

/** A calibration as clients read it. */
export function toCalibrationBody(calibration: RouteCalibration): JsonObject {
  const { model, modelDigest, stored } = calibration;
  return {
    ...{ object: "route.calibration", model, model_digest: modelDigest, ...toReport(calibration) },
    ...(stored && { stored_at: new Date(stored.createdAtMs).toISOString() }),
  };
}

/** The part of it that is kept with its bar. */
export function toReport(calibration: Omit<RouteCalibration, "stored">): JsonObject {
  const { examples, right, remoteQuality, separation, target, chosen, curve } = calibration;
  return {
    ...{ examples, right, remote_quality: remoteQuality },
    ...(separation !== undefined && { separation: round(separation) }),
    ...(target && { target: { ...target } }),
    ...(chosen && { chosen: toPoint(chosen) }),
    curve: thin(curve).map(toPoint),
  };
}

export function toBarBody({ model, modelDigest, bar, report, createdAtMs }: CalibratedBar): JsonObject {
  const { chosen, target, examples } = report;
  return {
    ...{ model, model_digest: modelDigest, bar: round(bar), created_at: new Date(createdAtMs).toISOString() },
    ...(chosen !== undefined && { chosen }),
    ...(target !== undefined && { target }),
    ...(examples !== undefined && { examples }),
  };
}

function thin(curve: readonly CurvePoint[]): readonly CurvePoint[] {
  if (curve.length <= maxPoints) return curve;
  const step = (curve.length - 1) / (maxPoints - 1);
  return Array.from({ length: maxPoints }, (_, index) => curve[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  );
}

function toPoint({ bar, remoteShare, localQuality, quality }: CurvePoint): JsonObject {
  return {
    ...{ bar: round(bar), remote_share: round(remoteShare) },
    ...{ local_quality: localQuality === undefined ? null : round(localQuality), quality: round(quality) },
  };
}

function round(value: number): number {
  return Number(value.toFixed(digits));
}
