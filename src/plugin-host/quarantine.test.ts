import { expect, test } from "bun:test";
import fc from "fast-check";
import { type FailureCode, failureTable } from "./failure.ts";
import { addFailure, isSuspect, strikeWindowMs } from "./quarantine.ts";
import type { PluginState } from "./store/plugin-record.ts";

const codes = Object.keys(failureTable).filter((code): code is FailureCode => code in failureTable);
const failures = fc.array(
  fc.record({ code: fc.constantFrom(...codes), afterMs: fc.integer({ min: 0, max: 2 * strikeWindowMs }) }),
  { maxLength: 12 },
);

test("a plugin is in quarantine from the second limit that it broke within the window, and stays", () => {
  fc.assert(
    fc.property(failures, (given) => {
      let state: PluginState = {};
      let nowMs = 1;
      let lastStrikeMs = Number.NEGATIVE_INFINITY;
      let sinceMs: number | undefined;
      for (const { code, afterMs } of given) {
        nowMs += afterMs;
        state = addFailure(state, { code, message: code }, nowMs);
        if (failureTable[code].strike) {
          if (nowMs - lastStrikeMs < strikeWindowMs) sinceMs ??= nowMs;
          lastStrikeMs = nowMs;
        }
        expect(state.quarantinedAtMs).toBe(sinceMs);
        expect(isSuspect(state, nowMs)).toBe(nowMs - lastStrikeMs < strikeWindowMs);
      }
    }),
  );
});

test("the last failure is told, and repeats of it do not reach the disk", () => {
  const first = addFailure({}, { code: "trap", message: "one" }, 1);
  expect(first.lastError).toEqual({ code: "trap", message: "one", atMs: 1 });
  expect(addFailure(first, { code: "trap", message: "two" }, 2)).toBe(first);
  expect(addFailure(first, { code: "plugin_error", message: "other" }, 3).lastError?.message).toBe("other");
});
