import type { JsonValue } from "../../contract/index.ts";

export type RunKind = "suite" | "comparison" | "coordination";
export type RunStatus = "running" | "completed" | "failed" | "cancelled";

export type RunError = { readonly code: string; readonly message: string };

/** Work of a judge that is stored as it goes, so that it can be resumed where it stopped. */
export type Run = {
  readonly id: string;
  readonly kind: RunKind;
  readonly name: string;
  readonly model: string;
  readonly status: RunStatus;
  readonly error?: RunError;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

export type StoredRun = Run & {
  /** What was asked, in full: a resumed run needs nothing else. */
  readonly spec: JsonValue;
  /** Once it is completed. */
  readonly result?: JsonValue;
  readonly parts: readonly RunPart[];
};

export type RunPart = { readonly key: string; readonly position: number; readonly result: JsonValue };

/** How runs end that do not complete: nothing of what was done is lost, and `resume` goes on from there. */
export type RunEnd =
  | { readonly status: "completed"; readonly result: JsonValue }
  | { readonly status: "failed" | "cancelled"; readonly error: RunError };
