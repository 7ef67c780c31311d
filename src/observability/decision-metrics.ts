import { createBoundedLabel } from "./bounded-labels.ts";
import type { DecisionInstruments } from "./decision-instruments.ts";

/** Distinct values of one label whose values this program does not choose. */
export const maxLabelValues = 64;
const msPerSecond = 1000;

export type UpstreamObservation = {
  readonly upstream: string;
  /** `ok`, `cancelled`, or the code of its failure. */
  readonly outcome: string;
  readonly durationMs: number;
};

/** What is decided about requests. Texts become labels: those beyond a bounded number are counted as `other`. */
export type DecisionMetrics = {
  routeDecided(route: string, rule: string): void;
  routeFellBack(from: string, to: string, reason: string): void;
  cacheLooked(outcome: string): void;
  cacheWasWrong(): void;
  retrieved(mode: string, found: { readonly isEmpty: boolean }): void;
  upstreamEnded(request: UpstreamObservation): void;
  upstreamSpent(upstream: string, usd: number): void;
  /** An attempt after the first, of `pull` for one. */
  retried(service: string): void;
  rateLimited(): void;
  patternMade(outcome: string): void;
  interactionEnded(outcome: string): void;
};

type Observe = (action: (instruments: DecisionInstruments) => void) => void;

export function createDecisionMetrics(observe: Observe): DecisionMetrics {
  const bounded = () => createBoundedLabel(maxLabelValues);
  const [routes, rules, models, reasons] = [bounded(), bounded(), bounded(), bounded()];
  const [upstreams, outcomes] = [bounded(), bounded()];
  return {
    routeDecided(route, rule) {
      const labels = { route: routes(route), rule: rules(rule) };
      observe((sink) => sink.routes.inc(labels));
    },
    routeFellBack(from, to, reason) {
      const labels = { from: models(from), to: models(to), reason: reasons(reason) };
      observe((sink) => sink.fallbacks.inc(labels));
    },
    cacheLooked: (outcome) => observe((sink) => sink.cacheLookups.inc({ outcome: outcomes(outcome) })),
    cacheWasWrong: () => observe((sink) => sink.falseHits.inc()),
    retrieved: (mode, { isEmpty }) =>
      observe((sink) => sink.retrievals.inc({ mode: outcomes(mode), empty: String(isEmpty) })),
    upstreamEnded(request) {
      const upstream = upstreams(request.upstream);
      const outcome = outcomes(request.outcome);
      observe((sink) => {
        sink.upstreamRequests.inc({ upstream, outcome });
        sink.upstreamDuration.observe({ upstream }, request.durationMs / msPerSecond);
      });
    },
    upstreamSpent(upstream, usd) {
      if (usd > 0) observe((sink) => sink.upstreamCost.inc({ upstream: upstreams(upstream) }, usd));
    },
    retried: (service) => observe((sink) => sink.retries.inc({ service })),
    rateLimited: () => observe((sink) => sink.rateLimited.inc()),
    patternMade: (outcome) => observe((sink) => sink.patterns.inc({ outcome: outcomes(outcome) })),
    interactionEnded: (outcome) => observe((sink) => sink.interactions.inc({ outcome: outcomes(outcome) })),
  };
}
