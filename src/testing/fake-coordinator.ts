import {
  type Coordinator,
  type CoordinatorDeps,
  createCoordinator,
  silentObserver,
} from "../coordinator/index.ts";

/** The settings of a server that was told nothing. */
export const quietSettings: CoordinatorDeps["settings"] = {
  ...{ cache: "off", cacheTtlMs: 86_400_000, cacheMaxBytes: 2 ** 28, cacheFalseHits: 0.01 },
  ...{ collections: [], interactions: "off", routePolicy: "route-by-complexity", fallbacks: [], models: [] },
};

const absent = (name: string) => () => Promise.reject(new Error(`this test has no ${name}`));

/** The real coordinator, over what a test has; what it does not have rejects once it is asked for. */
export function createFakeCoordinator(
  deps: Pick<CoordinatorDeps, "engine" | "library"> & Partial<CoordinatorDeps>,
): Coordinator {
  const quiet = () => undefined;
  return createCoordinator({
    generate: (request, signal) => deps.engine.generate(request, signal),
    knowledge: absent("knowledge"),
    plugins: absent("plugins"),
    database: absent("database"),
    upstreams: { list: [], find: () => undefined },
    settings: quietSettings,
    observer: silentObserver,
    logger: { info: quiet, warn: quiet, error: quiet },
    ...{ now: Date.now, nowMs: () => performance.now(), random: () => 0.5 },
    ...deps,
  });
}
