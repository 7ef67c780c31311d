import type { JsonObject } from "../../contract/index.ts";
import type { Run } from "../runs/run.ts";
import type { CoordinationProgress, CoordinationRun } from "./coordination.ts";
import { toResultBody } from "./result-body.ts";
import { toSpecBody } from "./spec.ts";

/** One row of a list of runs. */
export function toCoordinationRunBody({ error, createdAtMs, updatedAtMs, ...run }: Run): JsonObject {
  return {
    ...{ id: run.id, name: run.name, model: run.model, status: run.status },
    ...(error && { error: { code: error.code, message: error.message } }),
    ...{ created_at: new Date(createdAtMs).toISOString(), updated_at: new Date(updatedAtMs).toISOString() },
  };
}

/** A run with what was asked, how far it came, and its result once it is complete. */
export function toCoordinationBody({ run, spec, repeatsDone, result }: CoordinationRun): JsonObject {
  return {
    ...toCoordinationRunBody(run),
    ...{ spec: toSpecBody(spec), repeats_done: repeatsDone },
    result: result ? toResultBody(result) : null,
  };
}

export function toProgressBody({ runId, repeat, repeats, step }: CoordinationProgress): JsonObject {
  return { run: runId, repeat, repeats, step };
}
