import type { CoordinatorDeps } from "../deps.ts";
import { hasOtherOrder } from "./word-order.ts";

/** The plugin that is asked. */
export const guardPlugin = "cache-guard";

export type Ruling =
  | { readonly ok: true }
  /** `isFailure`: nobody ruled, for the policy could not be asked. */
  | { readonly ok: false; readonly reason: string; readonly isFailure: boolean };

export type ServeQuestion = {
  readonly query: string;
  readonly cachedQuery: string;
  readonly similarity: number;
  readonly ageSeconds: number;
};

export type GuardScope = {
  readonly signal: AbortSignal;
  /** The policy may have been granted a network of its own, and is not shown what must stay here then. */
  readonly isLocal?: boolean;
};

/** Looks at the order of words, then asks the policy of the cache; where that cannot be asked, it is no. Never rejects. */
export type Guard = {
  /** Whether an answer may be stored. */
  admit(query: string, response: string, scope: GuardScope): Promise<Ruling>;
  /** Whether the answer to a similar question may be served. */
  serve(question: ServeQuestion, scope: GuardScope): Promise<Ruling>;
};

export function createGuard({ plugins }: Pick<CoordinatorDeps, "plugins">): Guard {
  return {
    admit: (query, response, scope) =>
      rule(async () => {
        const input = { hook: "cache.admit", query, response } as const;
        const result = await (await plugins()).decide<"cache.admit">(guardPlugin, input, toScope(scope));
        if (!result.ok) return fail(`${guardPlugin} failed: ${result.failure.message}`);
        return result.output.admit ? { ok: true } : refuse(result.output.reason);
      }),
    serve: (question, scope) =>
      rule(async () => {
        if (hasOtherOrder(question.query, question.cachedQuery))
          return refuse("the same words stand in another order");
        const similarity = Math.min(1, Math.max(0, question.similarity));
        const input = { hook: "cache.serve", ...question, similarity } as const;
        const result = await (await plugins()).decide<"cache.serve">(guardPlugin, input, toScope(scope));
        if (!result.ok) return fail(`${guardPlugin} failed: ${result.failure.message}`);
        return result.output.serve ? { ok: true } : refuse(result.output.reason);
      }),
  };
}

function toScope({ signal, isLocal = false }: GuardScope) {
  return { signal, ...(isLocal && { privacy: "local" as const }) };
}

async function rule(ask: () => Promise<Ruling>): Promise<Ruling> {
  try {
    return await ask();
  } catch (error) {
    return fail(
      `${guardPlugin} could not be asked: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function refuse(reason: string): Ruling {
  return { ok: false, reason: reason === "" ? `${guardPlugin} refused it` : reason, isFailure: false };
}

function fail(reason: string): Ruling {
  return { ok: false, reason, isFailure: true };
}
