import { toAppError } from "../base/index.ts";
import type { UpstreamConfig } from "../config/index.ts";
import type { UpstreamModel } from "./wire.ts";

/** How long a list holds. */
const listedMs = 60_000;
/** How long a list that could not be had is not asked for again. */
const failedMs = 10_000;

export type ModelList = {
  /** Configured models, then those that the server lists. Where that takes longer than the signal allows: what is known. */
  models(signal: AbortSignal): Promise<readonly UpstreamModel[]>;
  /** What is known of one without asking; undefined where that is nothing. */
  describe(name: string): UpstreamModel | undefined;
  /** Why the server's list could not be had, the last time. */
  readonly lastError: string | undefined;
};

export type ModelListOptions = {
  readonly configured: UpstreamConfig["models"];
  /** Asks the server; ends by itself. */
  readonly list: () => Promise<readonly UpstreamModel[]>;
  readonly nowMs: () => number;
};

/** The list is asked for by one caller at a time, whoever waits for it. */
export function createModelList({ configured, list, nowMs }: ModelListOptions): ModelList {
  let known = merge(configured, []);
  let isDueMs = Number.NEGATIVE_INFINITY;
  let lastError: string | undefined;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      known = merge(configured, await list());
      lastError = undefined;
      isDueMs = nowMs() + listedMs;
    } catch (error) {
      lastError = toAppError(error).message;
      isDueMs = nowMs() + failedMs;
    } finally {
      asking = undefined;
    }
  }
  return {
    async models(signal) {
      if (nowMs() >= isDueMs) asking ??= ask();
      if (asking) await Promise.race([asking, aborted(signal)]);
      return [...known.values()];
    },
    describe: (name) => known.get(name),
    get lastError() {
      return lastError;
    },
  };
}

function merge(
  configured: UpstreamConfig["models"],
  listed: readonly UpstreamModel[],
): ReadonlyMap<string, UpstreamModel> {
  const models = new Map<string, UpstreamModel>();
  for (const [name, given] of Object.entries(configured)) models.set(name, { name, ...given });
  for (const model of listed) models.set(model.name, { ...model, ...models.get(model.name) });
  return models;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
