import { setTimeout as wait } from "node:timers/promises";
import type { JudgeClock } from "./deps.ts";

export const systemJudgeClock: JudgeClock = {
  now: Date.now,
  nowMs: () => performance.now(),
  async sleep(durationMs, signal) {
    signal.throwIfAborted();
    try {
      await wait(durationMs, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
