import { AppError, toAppError } from "../../base/index.ts";
import type { GenerateRequest, RouteAttempt } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { askPolicy, type Choice, type RemoteTrouble } from "./ask-policy.ts";
import { autoModel, findAuto } from "./auto-model.ts";
import type { BarStore } from "./bar-store.ts";
import { checkNamed, mayLeave } from "./demands.ts";
import { findFallbacks } from "./fallbacks.ts";
import { maxSteps, type Plan, type Step } from "./plan.ts";
import type { RoutedRequest } from "./router.ts";
import type { Spending } from "./spending.ts";
import { readTarget, type Target } from "./target.ts";

export type PlanDeps = Pick<
  CoordinatorDeps,
  "engine" | "library" | "upstreams" | "settings" | "plugins" | "logger"
> & { readonly spending: Pick<Spending, "left" | "isPriced">; readonly bars: Pick<BarStore, "find"> };

/** The two that `auto` chooses between; the larger one is elsewhere, or a larger model of this machine. */
type Sides = { readonly local: Target; readonly remote: Target };

/** Decides which models are asked. Throws AppError where the request names one that it must not go to. */
export async function makePlan(deps: PlanDeps, asked: RoutedRequest, signal: AbortSignal): Promise<Plan> {
  const { request } = asked;
  const auto = request.model === autoModel ? findAuto(deps.settings, deps.upstreams) : undefined;
  if (!auto || (await deps.library.find(autoModel))) {
    const target = await readTarget(deps, request.model);
    checkNamed(request, target);
    return await planChain(deps, request, target, { rule: "named", reason: "the request names it" });
  }
  const local = auto.local === undefined ? undefined : await readTarget(deps, auto.local);
  const remote = auto.remote === undefined ? undefined : await readTarget(deps, auto.remote);
  if (local && remote) return await planAuto(deps, asked, { local, remote }, signal);
  if (local) {
    const reason = "no remote model is configured";
    return await planChain(deps, request, local, { rule: "no-remote", reason });
  }
  if (!remote) throw new AppError("model_not_found", "there is no model for auto; configure one");
  checkNamed(request, remote);
  return await planChain(deps, request, remote, { rule: "no-local", reason: "no local model is configured" });
}

type Decided = Pick<Plan, "rule" | "reason" | "policy" | "decision">;

async function planChain(
  deps: PlanDeps,
  request: GenerateRequest,
  target: Target,
  decided: Decided,
): Promise<Plan> {
  return toPlan(request, { target }, [...(await findFallbacks(deps, target))], decided);
}

async function planAuto(
  deps: PlanDeps,
  asked: RoutedRequest,
  sides: Sides,
  signal: AbortSignal,
): Promise<Plan> {
  const { request } = asked;
  const { local, remote } = sides;
  const trouble = await findTrouble(deps, request, remote, signal);
  const { side, ...decided } = await choose(deps, asked, { ...sides, ...(trouble && { trouble }) }, signal);
  const remotes = [remote, ...(await findFallbacks(deps, remote))];
  if (side === "remote") return toPlan(request, { target: remote }, [...remotes.slice(1), local], decided);
  const bar = trouble ? undefined : await findBar(deps, request, sides);
  if (bar !== undefined)
    return toPlan(request, { target: local, gate: { bar } }, [...remotes, local], decided);
  return toPlan(request, { target: local }, [...(await findFallbacks(deps, local)), ...remotes], decided);
}

async function choose(
  deps: PlanDeps,
  asked: RoutedRequest,
  { local, trouble }: Sides & { readonly trouble?: RemoteTrouble },
  signal: AbortSignal,
): Promise<Choice> {
  // A policy may have been granted a network of its own, so that it is not even shown what must stay here.
  if (asked.request.privacy === "local") {
    return { side: "local", rule: "privacy", reason: "the request must not leave this machine" };
  }
  const budgetLeft = await deps.spending.left();
  const question = {
    ...{ ...asked, local: local.name },
    ...(budgetLeft !== undefined && { budgetLeft }),
    ...(trouble && { trouble }),
  };
  return await askPolicy(deps, question, signal);
}

/** Why the remote model is not to be asked, whatever the policy says. A request that must stay here does not ask it. */
async function findTrouble(
  { spending }: PlanDeps,
  request: GenerateRequest,
  remote: Target,
  signal: AbortSignal,
): Promise<RemoteTrouble | undefined> {
  if (remote.kind === "local" || !mayLeave(request)) return undefined;
  if (remote.upstream.health().state === "open") {
    return { rule: "remote-unavailable", reason: `${remote.name} is failing and is left alone` };
  }
  const refusal = remote.upstream.refusal({ ...request, model: remote.model });
  if (refusal) return { rule: "remote-unable", reason: refusal.message };
  const left = await spending.left();
  if (left === undefined) return undefined;
  if (left <= 0) return { rule: "budget", reason: "no budget is left for remote calls of this hour" };
  if (await isPriced(spending, remote, signal)) return undefined;
  return {
    rule: "budget",
    reason: `the price of ${remote.name} is not known, and what calls may cost is limited`,
  };
}

async function isPriced(
  spending: PlanDeps["spending"],
  remote: Extract<Target, { kind: "remote" }>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await spending.isPriced(remote, signal);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** The calibrated bar of the local model, where its answer can be weighed and another one had. */
async function findBar(
  { library, bars, logger }: PlanDeps,
  request: GenerateRequest,
  { local, remote }: Sides,
): Promise<number | undefined> {
  if (request.choices !== 1 || local.kind !== "local") return undefined;
  if (remote.kind === "remote" && !mayLeave(request)) return undefined;
  try {
    const record = await library.find(local.name);
    return record && (await bars.find(record.digest))?.bar;
  } catch (error) {
    logger.warn("route_bar_unread", { model: local.name, error: toAppError(error).message });
    return undefined;
  }
}

/** Each model once, but for a gated one, which may be asked again for an answer that is kept. */
function toPlan(request: GenerateRequest, first: Step, others: readonly Target[], decided: Decided): Plan {
  const skipped: RouteAttempt[] = [];
  const steps: [Step, ...Step[]] = [first];
  for (const target of others) {
    const isKnown = steps.some((step) => step.target.name === target.name && !step.gate);
    if (isKnown || steps.length >= maxSteps) continue;
    if (target.kind === "local" || mayLeave(request)) steps.push({ target });
    else skipped.push({ model: target.name, outcome: "skipped", reason: "the request must stay here" });
  }
  return { asked: request.model, isNamed: decided.rule === "named", ...decided, steps, skipped };
}
