import { type Failure, failureTable } from "./failure.ts";
import type { PluginState } from "./store/plugin-record.ts";

/** Two broken limits within this time put a plugin into quarantine. */
export const strikeWindowMs = 600_000;

/** The same failure again within this time says nothing new, and callers decide how often it happens. */
const repeatedWithinMs = 10_000;

/** What is remembered of a plugin once a call of it has failed. */
export function addFailure(before: PluginState, { code, message }: Failure, nowMs: number): PluginState {
  const lastError = { code, message, atMs: nowMs };
  const kept = before.lastStrikeAtMs;
  if (!failureTable[code].strike) {
    const { lastError: last } = before;
    if (last?.code === code && nowMs - last.atMs < repeatedWithinMs) return before;
    const { lastStrikeAtMs, quarantinedAtMs } = before;
    return {
      lastError,
      ...(lastStrikeAtMs !== undefined && { lastStrikeAtMs }),
      ...(quarantinedAtMs !== undefined && { quarantinedAtMs }),
    };
  }
  const isSecond = kept !== undefined && nowMs - kept < strikeWindowMs;
  const quarantinedAtMs = before.quarantinedAtMs ?? (isSecond ? nowMs : undefined);
  return { lastError, lastStrikeAtMs: nowMs, ...(quarantinedAtMs !== undefined && { quarantinedAtMs }) };
}

/** Whether it broke a limit not long ago. */
export function isSuspect({ lastStrikeAtMs }: PluginState, nowMs: number): boolean {
  return lastStrikeAtMs !== undefined && nowMs - lastStrikeAtMs < strikeWindowMs;
}
