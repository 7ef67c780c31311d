import { AppError } from "../../base/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { findModel } from "../find-model.ts";
import { drawSeed } from "../statistics/random.ts";
import type { Price } from "./budget.ts";
import type { CoordinationSpec } from "./spec.ts";

/** Changes with every change of what is computed: results of different versions are not mixed. */
export const definitionVersion = "coordination-1";
/** Seeds of one repeat: far enough from those of the next. */
const seedsOfRepeat = 1_000;
const firstTeamSeed = 500;

export type PlannedModel = { readonly id: string; readonly digest: string };

/** Who says how good an answer is. */
export type PlannedJudge =
  | { readonly type: "model"; readonly model: PlannedModel }
  /** The answer equals the reference after normalisation, or it does not. */
  | { readonly type: "reference"; readonly reference: string };

/** A spec whose models were found and whose seed is known. */
export type Plan = {
  readonly spec: CoordinationSpec;
  readonly agents: readonly [PlannedModel, ...PlannedModel[]];
  readonly judge: PlannedJudge;
  readonly seed: number;
  /** By the ids of models: local ones cost nothing unless they are listed. */
  readonly prices: ReadonlyMap<string, Price>;
};

/** Throws AppError model_not_found, and invalid_request for a model that does not chat. */
export async function createPlan(deps: JudgeDeps, spec: CoordinationSpec, seed = spec.seed): Promise<Plan> {
  const names = new Map<string | undefined, Promise<PlannedModel>>();
  const find = (name: string | undefined) => {
    const found = names.get(name) ?? findChatModel(deps, name);
    names.set(name, found);
    return found;
  };
  const [first, ...others] = spec.agents;
  const agents = [await find(first), ...(await Promise.all(others.map(find)))] as const;
  const named = spec.judgeModel === undefined ? undefined : await find(spec.judgeModel);
  const judge = planJudge(spec, named ?? agents[0]);
  const prices = new Map<string, Price>();
  for (const [name, price] of Object.entries(spec.prices))
    prices.set((await names.get(name))?.id ?? name, price);
  return { spec, agents, judge, seed: seed ?? drawSeed(deps.random), prices };
}

function planJudge({ isClosed, reference }: CoordinationSpec, model: PlannedModel): PlannedJudge {
  return isClosed && reference !== undefined ? { type: "reference", reference } : { type: "model", model };
}

async function findChatModel(deps: JudgeDeps, name: string | undefined): Promise<PlannedModel> {
  const { id, digest, capabilities } = await findModel(deps, name);
  if (capabilities.generate) return { id, digest };
  throw new AppError("invalid_request", `${id} makes embeddings and no text; name a model that answers`);
}

/** Of the agent's independent answer in this repeat. 32 bits. */
export function baselineSeed({ seed }: Plan, repeat: number, answer: number): number {
  return (seed + repeat * seedsOfRepeat + answer) >>> 0;
}

/** Of the agent as one of the team: the base of the repeat and its index. 32 bits. */
export function teamSeed({ seed }: Plan, repeat: number, agent: number): number {
  return (seed + repeat * seedsOfRepeat + firstTeamSeed + agent) >>> 0;
}
