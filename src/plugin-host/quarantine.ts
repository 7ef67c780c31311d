import { type Failure, failureTable } from "./failure.ts";
import type { PluginRecord } from "./store/plugin-record.ts";

/** Two broken limits within this time put a plugin into quarantine. */
export const strikeWindowMs = 600_000;

type State = Pick<PluginRecord, "lastError" | "lastStrikeAtMs" | "quarantinedAtMs">;

/** What is remembered of a plugin once a call of it has failed. */
export function addFailure(before: State, { code, message }: Failure, nowMs: number): State {
  const lastError = { code, message, atMs: nowMs };
  const kept = before.lastStrikeAtMs;
  if (!failureTable[code].strike) return { ...before, lastError };
  const isSecond = kept !== undefined && nowMs - kept < strikeWindowMs;
  return {
    lastError,
    lastStrikeAtMs: nowMs,
    ...(isSecond && { quarantinedAtMs: before.quarantinedAtMs ?? nowMs }),
  };
}

/** Whether it broke a limit not long ago. */
export function isSuspect({ lastStrikeAtMs }: State, nowMs: number): boolean {
  return lastStrikeAtMs !== undefined && nowMs - lastStrikeAtMs < strikeWindowMs;
}
