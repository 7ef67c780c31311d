import { AppError, hashText } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { PolicyInput } from "../../plugin-host/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { StoredRoute } from "./receipt-store.ts";
import { maxPromptCharacters } from "./route-signals.ts";

export type ReplayRequest = {
  /** Plugin that decides in place of the one that did. */
  readonly policy: string;
  /** What was asked last, where the receipt does not hold it. */
  readonly prompt?: string;
  /** Absent: of everybody. */
  readonly tenant?: string;
};

/** What another policy makes of what one was given. */
export type Replay = {
  readonly id: string;
  readonly policy: string;
  readonly input: JsonObject;
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly isChanged: boolean;
};

/** Throws AppError conflict where no policy decided or its prompt was not kept; plugin_failed. */
export async function replay(
  { plugins }: Pick<CoordinatorDeps, "plugins">,
  { id, body }: StoredRoute,
  { policy, prompt }: ReplayRequest,
  signal: AbortSignal,
): Promise<Replay> {
  const { decision } = body;
  if (!decision) {
    throw new AppError(
      "conflict",
      `no policy decided about ${id}: its rule was ${body.rule}; replay one of auto`,
    );
  }
  const input = toInput(id, decision.input, prompt);
  const result = await (await plugins()).decide<"route.decide">(policy, input, { requestId: id, signal });
  if (!result.ok) {
    throw new AppError("plugin_failed", `${policy} did not decide: ${result.failure.message}`, {
      details: { plugin: policy, failure: result.failure.code },
    });
  }
  const after: JsonObject = JSON.parse(JSON.stringify(result.output));
  const { route, rule } = decision.output;
  const isChanged = after.route !== route || after.rule !== rule;
  return { id, policy, input: decision.input, before: decision.output, after, isChanged };
}

/** What was stored is what a policy was given, but for the prompt. */
function toInput(id: string, stored: JsonObject, given: string | undefined): PolicyInput<"route.decide"> {
  const { promptSha256, prompt: kept, ...signals } = stored;
  const prompt = given?.slice(0, maxPromptCharacters) ?? kept;
  if (typeof prompt !== "string") {
    throw new AppError(
      "conflict",
      `the prompt of ${id} was not kept; give it with the replay, or let --interactions full keep the next ones`,
      { details: { param: "prompt" } },
    );
  }
  if (typeof promptSha256 === "string" && hashText(prompt) !== promptSha256) {
    throw new AppError("invalid_request", `prompt: it is not what ${id} was asked`, {
      details: { param: "prompt" },
    });
  }
  return { ...signals, prompt, hook: "route.decide" };
}
