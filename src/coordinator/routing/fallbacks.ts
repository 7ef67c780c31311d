import type { CoordinatorDeps } from "../deps.ts";
import { maxSteps } from "./plan.ts";
import { readTarget, type Target } from "./target.ts";

type FallbackDeps = Pick<CoordinatorDeps, "upstreams" | "library"> & {
  readonly settings: Pick<CoordinatorDeps["settings"], "fallbacks">;
};

/** Who answers where the target fails, in order; where one of those fails, its own fallbacks come last. */
export async function findFallbacks(deps: FallbackDeps, { name }: Target): Promise<readonly Target[]> {
  const names = chainOf(deps.settings.fallbacks, name);
  return await Promise.all(names.map((other) => readTarget(deps, other)));
}

/** Of `MODEL=OTHER` pairs: the others of a model, then those of the others, each once. */
export function chainOf(fallbacks: readonly string[], model: string): readonly string[] {
  const pairs = fallbacks.map((pair) => {
    const at = pair.indexOf("=");
    return { model: pair.slice(0, at), other: pair.slice(at + 1) };
  });
  const chain = [model];
  for (const link of chain) {
    for (const pair of pairs) {
      if (pair.model === link && !chain.includes(pair.other) && chain.length < maxSteps)
        chain.push(pair.other);
    }
  }
  return chain.slice(1);
}
