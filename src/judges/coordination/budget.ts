import { AppError } from "../../base/index.ts";
import type { Spent } from "./spend-table.ts";

/** Highest limit that can be set, of any kind. */
export const maxBudget = 1e12;

/** Most that may be spent in an hour; absent: as much as it takes. */
export type BudgetLimits = {
  readonly tokens?: number;
  readonly calls?: number;
  readonly usd?: number;
};

export type Price = { readonly inputUsdPerMillion: number; readonly outputUsdPerMillion: number };

/** What is asked for: what one call may cost, and whose it is. */
export type PlannedCall = { readonly agent: string; readonly tokens: number; readonly usd: number };

/** US dollars. */
export function priceOf(price: Price | undefined, promptTokens: number, completionTokens: number): number {
  if (!price) return 0;
  return (promptTokens * price.inputUsdPerMillion + completionTokens * price.outputUsdPerMillion) / 1e6;
}

export function hasLimits({ tokens, calls, usd }: BudgetLimits): boolean {
  return tokens !== undefined || calls !== undefined || usd !== undefined;
}

/** Throws AppError budget_exceeded where the call could take what the hour has cost beyond a limit. */
export function checkBudget(
  limits: BudgetLimits,
  spent: Spent,
  call: PlannedCall,
  whose: "all agents" | "this agent",
): void {
  const { agent } = call;
  const kinds = [
    { name: "tokens", limit: limits.tokens, spent: spent.tokens, wanted: call.tokens },
    { name: "calls", limit: limits.calls, spent: spent.calls, wanted: 1 },
    { name: "usd", limit: limits.usd, spent: spent.usd, wanted: call.usd },
  ] as const;
  for (const { name, limit, spent: had, wanted } of kinds) {
    if (limit === undefined || had + wanted <= limit) continue;
    const owner = whose === "all agents" ? "the budget" : `the budget of ${agent}`;
    throw new AppError(
      "budget_exceeded",
      `${owner} is spent: ${agent} may take up to ${show(wanted)} ${name}, and of ${show(limit)} an hour ${show(had)} are gone; resume the run later or with a higher budget`,
      { details: { limit, spent: had, wanted, kind: name, agent } },
    );
  }
}

export function isOverBudget(error: unknown): error is AppError {
  return error instanceof AppError && error.code === "budget_exceeded";
}

function show(value: number): string {
  return String(Number(value.toPrecision(6)));
}
