import type { JudgeDeps } from "./deps.ts";

/** The same dependencies, whose calls of models count against that tenant's share of the engine. */
export function chargeTenant<D extends Pick<JudgeDeps, "generate">>(deps: D, tenant: string | undefined): D {
  if (tenant === undefined) return deps;
  return { ...deps, generate: (request, signal) => deps.generate({ ...request, tenant }, signal) };
}
