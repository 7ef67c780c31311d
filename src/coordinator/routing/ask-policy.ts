import { hashText } from "../../base/index.ts";
import type { JsonObject, RouteReceipt } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { type RouteSignals, readSignals } from "./route-signals.ts";
import type { RoutedRequest } from "./router.ts";

/** Which side is to answer, and why. */
export type Choice = Pick<RouteReceipt, "rule" | "reason" | "policy" | "decision"> & {
  readonly side: "local" | "remote";
};

/** Why the remote model cannot be asked at the moment. */
export type RemoteTrouble = {
  readonly rule: "budget" | "remote-unavailable" | "remote-unable";
  readonly reason: string;
};

export type Question = RoutedRequest & {
  /** Name of the local model. */
  readonly local: string;
  /** USD; absent: no limit. */
  readonly budgetLeft?: number;
  readonly trouble?: RemoteTrouble;
};

type PolicyDeps = Pick<CoordinatorDeps, "engine" | "plugins" | "logger"> & {
  readonly settings: Pick<CoordinatorDeps["settings"], "routePolicy" | "interactions">;
};

/**
 * Lets the policy decide, within what the request demands and what is possible: neither is left to a plugin. A policy
 * that fails leaves the request on this machine.
 */
export async function askPolicy(deps: PolicyDeps, question: Question, signal: AbortSignal): Promise<Choice> {
  const { routePolicy: policy } = deps.settings;
  const asked = await callPolicy(deps, question, signal);
  signal.throwIfAborted();
  if ("failure" in asked) {
    const { failure } = asked;
    deps.logger.warn("route_policy_failed", { policy, id: question.request.id, error: failure });
    const local = { side: "local", rule: "policy-failed", reason: `${policy}: ${failure}`, policy } as const;
    return withinDemands(question, local);
  }
  const { output } = asked;
  return withinDemands(question, {
    ...{ side: output.route, rule: output.rule, reason: output.reason, policy },
    decision: { input: toKept(asked.input, deps.settings.interactions), output: toJson(output) },
  });
}

async function callPolicy(deps: PolicyDeps, question: Question, signal: AbortSignal) {
  const { request, local, budgetLeft, trouble } = question;
  try {
    const isAvailable = trouble?.rule !== "remote-unavailable";
    const remote = { isAvailable, ...(budgetLeft !== undefined && { budgetLeft }) };
    const input = await readSignals(deps, question, local, remote);
    const plugins = await deps.plugins();
    const scope = { depth: request.depth ?? 0, requestId: request.id, signal };
    const result = await plugins.decide<"route.decide">(deps.settings.routePolicy, input, scope);
    return result.ok ? { input, output: result.output } : { failure: result.failure.message };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

function withinDemands({ request, trouble }: Question, choice: Choice): Choice {
  const { routing } = request;
  if (routing === "local" && choice.side === "remote") {
    return { ...choice, side: "local", rule: "label", reason: "the request demands a local answer" };
  }
  if (trouble) return choice.side === "local" ? choice : { ...choice, side: "local", ...trouble };
  if (routing === "remote" && choice.side === "local") {
    return { ...choice, side: "remote", rule: "label", reason: "the request demands a remote answer" };
  }
  return choice;
}

/** What receipts keep of the input. The prompt itself is there only where the operator keeps questions whole. */
function toKept(
  { prompt, ...signals }: RouteSignals,
  interactions: CoordinatorDeps["settings"]["interactions"],
): JsonObject {
  if (interactions === "full") return toJson({ ...signals, prompt });
  if (interactions === "off") return toJson(signals);
  return toJson({ ...signals, promptSha256: hashText(prompt) });
}

/** Without what is undefined. */
function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value));
}
