/** Every call of a model that a coordination makes goes through here, is counted, and is refused over budget. */
import type { AppError } from "../../base/index.ts";
import type { AnswerEvent, GenerateRequest } from "../../contract/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { type BudgetLimits, checkBudget, hasLimits, isOverBudget, type Price, priceOf } from "./budget.ts";
import type { SpendTable } from "./spend-table.ts";

/** What a chat template adds to each message, roughly. */
const templateTokens = 16;
/** Longest answer that is reckoned with where a call names none, as a judge's does. */
const unboundedAnswerTokens = 2_048;

/** What one part of a measurement cost. */
export type Cost = {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly usd: number;
};

export const noCost: Cost = { calls: 0, promptTokens: 0, completionTokens: 0, usd: 0 };

export function addCosts(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, cost) => ({
      calls: sum.calls + cost.calls,
      promptTokens: sum.promptTokens + cost.promptTokens,
      completionTokens: sum.completionTokens + cost.completionTokens,
      usd: sum.usd + cost.usd,
    }),
    noCost,
  );
}

export function tokensOf({
  promptTokens,
  completionTokens,
}: Pick<Cost, "promptTokens" | "completionTokens">) {
  return promptTokens + completionTokens;
}

/** What calls of one kind have cost so far, and the first that was refused over budget. */
export type Tally = { cost: Cost; refusal?: AppError };

export function createTally(): Tally {
  return { cost: noCost };
}

export type Meter = {
  /** The same dependencies, whose calls of models count for this agent. They reject with AppError budget_exceeded. */
  depsFor(agent: string, tally: Tally): JudgeDeps;
};

export type MeterOptions = {
  readonly deps: JudgeDeps;
  readonly spending: SpendTable;
  readonly budget: BudgetLimits;
  readonly agentBudget: BudgetLimits;
  /** By the ids of models. */
  readonly prices: ReadonlyMap<string, Price>;
};

export function createMeter(options: MeterOptions): Meter {
  return {
    depsFor: (agent, tally) => ({
      ...options.deps,
      generate: (request, signal) => meter(options, { agent, tally, request, signal }),
    }),
  };
}

type Call = {
  readonly agent: string;
  readonly tally: Tally;
  readonly request: GenerateRequest;
  readonly signal: AbortSignal;
};

async function* meter(options: MeterOptions, call: Call): AsyncGenerator<AnswerEvent> {
  const { deps, spending, prices } = options;
  const { tally, request, signal } = call;
  const price = prices.get(request.model);
  const charge = await charged(options, call, price);
  let cost: Cost | undefined;
  const setCost = (promptTokens: number, completionTokens: number) => {
    const usd = priceOf(price, promptTokens, completionTokens);
    cost = { calls: 1, promptTokens, completionTokens, usd };
  };
  try {
    for await (const event of deps.generate(request, signal)) {
      if (event.type === "started") setCost(event.promptTokens, 0);
      else if (event.type === "done") setCost(event.usage.promptTokens, event.usage.completionTokens);
      else if (event.type === "text" && cost) setCost(cost.promptTokens, cost.completionTokens + 1);
      yield event;
    }
  } finally {
    if (cost) {
      tally.cost = addCosts([tally.cost, cost]);
      await spending.settle(charge, { tokens: tokensOf(cost), usd: cost.usd });
    } else await spending.release(charge);
  }
}

/** Charges the most that the call can cost; the number of the charge. */
async function charged(
  { deps, spending, budget, agentBudget }: MeterOptions,
  { agent, request, tally }: Call,
  price: Price | undefined,
): Promise<number> {
  const isLimited = hasLimits(budget) || hasLimits(agentBudget);
  const promptTokens = isLimited ? await estimatePrompt(deps, request) : 0;
  const completionTokens = isLimited ? (request.maxTokens ?? unboundedAnswerTokens) : 0;
  const tokens = promptTokens + completionTokens;
  const planned = { agent, tokens, usd: priceOf(price, promptTokens, completionTokens) };
  try {
    return await spending.charge(planned, (total, ofAgent) => {
      checkBudget(budget, total, planned, "all agents");
      checkBudget(agentBudget, ofAgent, planned, "this agent");
    });
  } catch (error) {
    if (isOverBudget(error)) tally.refusal ??= error;
    throw error;
  }
}

async function estimatePrompt({ engine }: JudgeDeps, { input, model }: GenerateRequest): Promise<number> {
  if (input.type !== "chat") return 0;
  const text = input.messages.map(({ content }) => content).join("\n");
  const { tokens } = await engine.tokenize(model, text, { addSpecial: false, parseSpecial: false });
  return tokens.length + templateTokens * input.messages.length;
}
