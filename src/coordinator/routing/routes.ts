import { type Clock, systemClock } from "../../resilience/index.ts";
import { createBatchWriter } from "../batch-writer.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { GenerationRecord } from "../recorder.ts";
import { type BarStore, type CalibratedBar, createBarStore } from "./bar-store.ts";
import type { CalibrationRequest, RouteCalibration } from "./calibrate.ts";
import { createReceiptStore, type RouteCounts, type RouteFilter, type StoredRoute } from "./receipt-store.ts";
import { type Replay, type ReplayRequest, replay } from "./replay.ts";
import { toRouteBody } from "./route-body.ts";
import { createRouter, type Router } from "./router.ts";
import { createSpending, type Spending } from "./spending.ts";
import { writeLimits } from "./write-limits.ts";

export type RouteStats = {
  readonly local: number;
  readonly remote: number;
  readonly cache: number;
  readonly escalated: number;
  readonly fallbacks: number;
  /** Of upstreams, within the last hour. */
  readonly usd: number;
  readonly maxUsdPerHour?: number;
};

/** Why answers came from where they did. */
export type Routes = {
  /** Keeps the receipt of an answer that has ended; never throws. */
  note(record: GenerationRecord): void;
  /** Throws AppError not_found, also for an answer of another tenant. */
  explain(id: string, tenant?: string): Promise<StoredRoute>;
  /** The newest first. */
  list(filter: RouteFilter): Promise<readonly StoredRoute[]>;
  /** Throws AppError conflict where no policy decided or its prompt was not kept; plugin_failed. */
  replay(id: string, request: ReplayRequest, signal: AbortSignal): Promise<Replay>;
  /** Measures how well confidence tells right answers from wrong ones, and sets the bar where a target is given. */
  calibrate(request: CalibrationRequest, signal: AbortSignal): Promise<RouteCalibration>;
  bars(): Promise<readonly CalibratedBar[]>;
  /** Of answers since then. */
  stats(sinceMs: number): Promise<RouteStats>;
  /** Waits until all that was noted is stored. */
  close(): Promise<void>;
};

/** The router, and the account of what it did. */
export function createRouting(
  deps: CoordinatorDeps,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): { readonly router: Router; readonly routes: Routes } {
  const parts = { spending: createSpending(deps, clock), bars: createBarStore(deps), clock };
  return { router: createRouter(deps, parts), routes: createRoutes(deps, parts) };
}

type Parts = { readonly spending: Spending; readonly bars: BarStore; readonly clock: Clock };

function createRoutes(deps: CoordinatorDeps, { spending, bars, clock }: Parts): Routes {
  const { logger, settings, observer, now } = deps;
  const receipts = createReceiptStore(deps);
  const writer = createBatchWriter<StoredRoute>({
    ...{ ...writeLimits, clock, write: receipts.add },
    onLost: (lost, { message }) => logger.error("receipts_unwritten", { lost, error: message }),
  });
  return {
    note(record) {
      const { id, tenant, receipt, request } = record;
      if (!receipt) return;
      observer.routed(receipt.route.kind, receipt.route.rule);
      if (request.isInteraction !== true) return;
      writer.add({ id, tenant, createdAtMs: now(), body: toRouteBody(record, receipt) });
    },
    async explain(id, tenant) {
      await writer.settle();
      return await receipts.get(id, tenant);
    },
    async list(filter) {
      await writer.settle();
      return await receipts.list(filter);
    },
    async replay(id, request, signal) {
      await writer.settle();
      return await replay(deps, await receipts.get(id, request.tenant), request, signal);
    },
    async calibrate(request, signal) {
      const { calibrate } = await import("./calibrate.ts");
      return await calibrate({ ...deps, bars }, request, signal);
    },
    bars: bars.list,
    async stats(sinceMs) {
      await writer.settle();
      const { maxUsdPerHour } = settings;
      return {
        ...toStats(await receipts.count(sinceMs)),
        usd: await spending.spent(),
        ...(maxUsdPerHour !== undefined && { maxUsdPerHour }),
      };
    },
    async close() {
      await writer.settle();
      await spending.close();
    },
  };
}

function toStats(counts: readonly RouteCounts[]): Omit<RouteStats, "usd" | "maxUsdPerHour"> {
  const sum = (field: "kind" | "rule", value: string) =>
    counts.reduce((total, row) => total + (row[field] === value ? row.count : 0), 0);
  return {
    ...{ local: sum("kind", "local"), remote: sum("kind", "remote"), cache: sum("kind", "cache") },
    ...{ escalated: sum("rule", "escalated"), fallbacks: sum("rule", "fallback") },
  };
}
