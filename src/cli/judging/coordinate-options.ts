import { AppError } from "../../base/index.ts";
import type { BudgetLimits } from "../../judges/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import { UsageError } from "../usage-error.ts";

type TextFlag =
  | "agents"
  | "strategy"
  | "rounds"
  | "model"
  | "temperature"
  | "maxTokens"
  | "seed"
  | "judgeModel"
  | "reference"
  | "repeats"
  | "budgetTokens"
  | "budgetCalls"
  | "budgetUsd"
  | "agentBudgetTokens"
  | "agentBudgetCalls"
  | "agentBudgetUsd"
  | "minGamma"
  | "resume"
  | "show";
type ListFlag = "agentModel" | "criterion" | "price" | "report";
type Switch = "closed" | "refreshBaseline" | "control" | "json" | "gate" | "runs";

/** As commander gives them. */
export type CoordinateFlags = { readonly [Name in TextFlag]?: string } & {
  readonly [Name in ListFlag]?: readonly string[];
} & { readonly [Name in Switch]?: boolean };

export type CoordinateOptions = ConfigFlags & { readonly task?: string; readonly given: CoordinateFlags };

export type CoordinateWork =
  | { readonly type: "list" }
  | { readonly type: "show"; readonly run: string }
  | { readonly type: "resume"; readonly run: string }
  | { readonly type: "measure"; readonly task: string };

/** Throws UsageError for flags that do not go together. */
export function chooseWork({ task, given }: CoordinateOptions): CoordinateWork {
  const { runs, show, resume } = given;
  const asked = Object.entries({ TASK: task, "--runs": runs, "--show": show, "--resume": resume })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (asked.length > 1) throw new UsageError(`${asked.join(" and ")} do not go together`);
  if (runs) return { type: "list" };
  if (show !== undefined) return { type: "show", run: show };
  if (resume !== undefined) return { type: "resume", run: resume };
  if (task === undefined) {
    throw new UsageError('say what the agents are to do: hearth coordinate "Name three causes of rust."');
  }
  return { type: "measure", task };
}

/** Models that the command line names, each once, in the order in which they are to be configured. */
export function listModels({ model, agentModel = [], judgeModel }: CoordinateFlags): readonly string[] {
  if (model !== undefined && agentModel.length > 0) {
    throw new UsageError("--model is for all agents and --agent-model for one each; give one of the two");
  }
  const named = [...(model === undefined ? agentModel : [model]), judgeModel];
  return [...new Set(named.filter((name) => name !== undefined))];
}

/** The flags as fields of the request, which `parseCoordinationSpec` checks; `idOf` knows models by what was named. */
export function toSpecFields(task: string, given: CoordinateFlags, idOf: (name: string) => string): object {
  const { agentModel, model, judgeModel, criterion, reference, strategy } = given;
  return {
    task,
    ...(strategy !== undefined && { strategy }),
    ...numberField("num_agents", "--agents", given.agents),
    ...(agentModel && { agents: agentModel.map((name) => ({ model: idOf(name) })) }),
    ...(model !== undefined && { model: idOf(model) }),
    ...numberField("rounds", "--rounds", given.rounds),
    ...(judgeModel !== undefined && { judge_model: idOf(judgeModel) }),
    ...(criterion && { criteria: criterion }),
    ...(reference !== undefined && { reference }),
    ...{ closed: given.closed ?? false, force_baseline_refresh: given.refreshBaseline ?? false },
    compute_matched: given.control ?? true,
    ...numberField("temperature", "--temperature", given.temperature),
    ...numberField("max_tokens", "--max-tokens", given.maxTokens),
    ...numberField("seed", "--seed", given.seed),
    ...numberField("repeats", "--repeats", given.repeats),
    budget: readBudget(given) ?? {},
    agent_budget: {
      ...numberField("tokens", "--agent-budget-tokens", given.agentBudgetTokens),
      ...numberField("calls", "--agent-budget-calls", given.agentBudgetCalls),
      ...numberField("usd", "--agent-budget-usd", given.agentBudgetUsd),
    },
    prices: Object.fromEntries((given.price ?? []).map((text) => readPrice(text, idOf))),
  };
}

/** Flags whose names are not those of their fields. */
const flagNames: Readonly<Record<string, string>> = {
  num_agents: "--agents",
  agents: "--agent-model",
  criteria: "--criterion",
  prices: "--price",
  task: "the task",
};

/** The same error, which speaks of the flag that was typed in place of the field that it sets. */
export function nameFlag(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, message, details } = error;
  const { param } = details;
  if (typeof param !== "string" || !message.startsWith(`${param}: `)) return error;
  const flag = flagNames[param.split(".")[0] ?? ""] ?? `--${param.replaceAll(/[._]/g, "-")}`;
  return new AppError(code, `${flag}${message.slice(param.length)}`, { cause: error, details });
}

/** Undefined where no flag gives one. */
export function readBudget(given: CoordinateFlags): BudgetLimits | undefined {
  const budget = {
    ...numberField("tokens", "--budget-tokens", given.budgetTokens),
    ...numberField("calls", "--budget-calls", given.budgetCalls),
    ...numberField("usd", "--budget-usd", given.budgetUsd),
  };
  return Object.keys(budget).length === 0 ? undefined : budget;
}

export function readMinGamma({ minGamma }: CoordinateFlags): number | undefined {
  return minGamma === undefined ? undefined : readNumber("--min-gamma", minGamma);
}

export type ReportFile = { readonly path: string; readonly format: "md" | "html" };

export function readReports({ report = [] }: CoordinateFlags): readonly ReportFile[] {
  return report.map((path) => {
    const format = /\.(md|html)$/i.exec(path)?.[1]?.toLowerCase();
    if (format === "md" || format === "html") return { path, format };
    throw new UsageError(`--report: ${path} ends neither in .md nor in .html`);
  });
}

function readPrice(text: string, idOf: (name: string) => string) {
  const [, name = "", input = "", output = ""] = /^(.+)=([^=,]*),([^=,]*)$/.exec(text) ?? [];
  if (name === "") {
    throw new UsageError(
      `--price: expected a model and two prices such as my-model=0.5,1.5, got ${JSON.stringify(text)}`,
    );
  }
  const price = {
    input_usd_per_million: readNumber("--price", input),
    output_usd_per_million: readNumber("--price", output),
  };
  return [idOf(name), price] as const;
}

function numberField<Name extends string>(
  name: Name,
  flag: string,
  text: string | undefined,
): { readonly [Key in Name]?: number } {
  if (text === undefined) return {};
  return { [name]: readNumber(flag, text) } as { readonly [Key in Name]: number };
}

function readNumber(flag: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`${flag}: expected a number, got ${JSON.stringify(text)}`);
}
