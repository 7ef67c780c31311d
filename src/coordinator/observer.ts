import type { RouteReceipt } from "../contract/index.ts";
import type { Metrics } from "../observability/index.ts";

/** Told of what the coordinator decides; it may not fail. */
export type CoordinatorObserver = {
  routed(kind: RouteReceipt["kind"], rule: string): void;
  /** `reason` is an error code. */
  fellBack(from: string, to: string, reason: string): void;
  cacheLooked(outcome: string): void;
  /** An answer of the cache was found wrong. */
  falseHit(): void;
  retrieved(mode: string, found: { readonly isEmpty: boolean }): void;
  /** `outcome` is `ok`, `cancelled` or an error code. */
  upstreamEnded(request: {
    readonly upstream: string;
    readonly outcome: string;
    readonly durationMs: number;
  }): void;
  spent(upstream: string, usd: number): void;
  patternMade(outcome: "extracted" | "merged" | "refused"): void;
  interactionEnded(outcome: string): void;
};

/** Counts all of it. */
export function createCoordinatorObserver(metrics: Metrics): CoordinatorObserver {
  return {
    routed: metrics.routeDecided,
    fellBack: metrics.routeFellBack,
    cacheLooked: metrics.cacheLooked,
    falseHit: metrics.cacheWasWrong,
    retrieved: metrics.retrieved,
    upstreamEnded: metrics.upstreamEnded,
    spent: metrics.upstreamSpent,
    patternMade: metrics.patternMade,
    interactionEnded: metrics.interactionEnded,
  };
}

/** For commands and tests. */
export const silentObserver: CoordinatorObserver = {
  routed: () => undefined,
  fellBack: () => undefined,
  cacheLooked: () => undefined,
  falseHit: () => undefined,
  retrieved: () => undefined,
  upstreamEnded: () => undefined,
  spent: () => undefined,
  patternMade: () => undefined,
  interactionEnded: () => undefined,
};
