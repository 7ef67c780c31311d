import { toAppError } from "../base/index.ts";
import type {
  GenerateEvent,
  GenerateInput,
  GenerateRequest,
  JsonObject,
  Judging,
  TokenLogprob,
} from "../contract/index.ts";
import type { JudgeDeps } from "./deps.ts";
import { findModel } from "./find-model.ts";
import { parseTrajectoryConfig, type TrajectoryConfig } from "./trajectory/config.ts";
import type { Observer } from "./trajectory/observe.ts";
import { chooseThresholds } from "./trajectory/thresholds.ts";
import type { Trajectory } from "./trajectory/trajectory.ts";
import { toTrajectoryBody } from "./trajectory/trajectory-body.ts";
import { type Criteria, parseCriteria } from "./validation/criteria.ts";
import { toJudgementBody } from "./validation/judgement-body.ts";
import type { Validation } from "./validation/validation.ts";

type JudgedEvent = Extract<GenerateEvent, { type: "judged" }>;

/** Follows one answer on its way to a client, and says what judges think of it once it is made. */
export type AnswerWatch = {
  /** What the engine is to be asked, so that all that is wanted can be told. */
  readonly request: GenerateRequest;
  /** The event as the client asked for it; undefined for one that it did not. */
  take(event: GenerateEvent): GenerateEvent | undefined;
  /** One event a choice. Rejects where the signal aborts; a fault of a judge is told in its place. */
  judge(signal: AbortSignal): Promise<readonly JudgedEvent[]>;
};

export type AnswerWatcher = (request: GenerateRequest, signal: AbortSignal) => Promise<AnswerWatch>;

type WatchDeps = JudgeDeps & { readonly validation: Validation; readonly trajectory: Trajectory };

type Choice = {
  text: string;
  readonly calls: { name: string; arguments: string }[];
  readonly observer: Observer | undefined;
};

/** Throws AppError invalid_request for criteria that cannot be judged by, before any work. */
export async function watchAnswer(
  deps: WatchDeps,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<AnswerWatch> {
  const judging: Judging = request.judging ?? { trajectory: false };
  const criteria =
    judging.criteria === undefined ? undefined : parseCriteria(judging.criteria, "hearth.criteria");
  if (criteria) await deps.validation.checkCriteria(criteria);
  const config = parseTrajectoryConfig({});
  const createObserver = judging.trajectory ? await openObservers(deps, request, config, signal) : undefined;
  const choices = Array.from(
    { length: request.choices },
    (): Choice => ({ text: "", calls: [], observer: createObserver?.() }),
  );
  return {
    request: createObserver ? withConfidence(request, config) : request,
    take(event) {
      const choice = "choice" in event ? choices[event.choice] : undefined;
      if (!choice) return event;
      return note(choice, event, request);
    },
    async judge(eventSignal) {
      const judged = choices.map(async (choice, index): Promise<JudgedEvent> => {
        const judgement =
          criteria && (await judgeChoice(deps, { request, judging, criteria, choice }, eventSignal));
        const trajectory = choice.observer && toTrajectoryBody(choice.observer.finish());
        return {
          ...{ type: "judged", choice: index },
          ...(judgement && { judgement }),
          ...(trajectory && { trajectory }),
        };
      });
      return await Promise.all(judged);
    },
  };
}

/** Asks for as many alternatives as the measures need, and for no fewer than the client did. */
function withConfidence(request: GenerateRequest, { topK }: TrajectoryConfig): GenerateRequest {
  const { topLogprobs } = request;
  const lateLogprobs = topLogprobs === undefined;
  return { ...request, topLogprobs: Math.max(topK, topLogprobs ?? 0), entropy: true, lateLogprobs };
}

async function openObservers(
  deps: WatchDeps,
  { model, contextTokens, keepAliveMs }: GenerateRequest,
  { topK, surpriseProbability, bars }: TrajectoryConfig,
  signal: AbortSignal,
): Promise<() => Observer> {
  const { id, digest } = await findModel(deps, model);
  const residency = {
    ...(contextTokens !== undefined && { contextTokens }),
    ...(keepAliveMs !== undefined && { keepAliveMs }),
  };
  const { vocabularySize } = await deps.engine.load(id, residency, signal);
  const thresholds = chooseThresholds(bars, await deps.trajectory.thresholdsFor(digest));
  return () => deps.trajectory.createObserver({ topK, surpriseProbability, thresholds, vocabularySize });
}

function note(choice: Choice, event: GenerateEvent, request: GenerateRequest): GenerateEvent | undefined {
  if (event.type === "text") choice.text += event.text;
  else if (event.type === "tool-call") {
    choice.calls[event.index] ??= { name: event.name ?? "", arguments: "" };
    const call = choice.calls[event.index];
    if (call) call.arguments += event.argumentsDelta;
  } else if (event.type === "logprobs" && choice.observer) {
    for (const token of event.tokens) choice.observer.add(token);
    const { topLogprobs, entropy } = request;
    if (topLogprobs === undefined) return undefined;
    return { ...event, tokens: event.tokens.map((token) => asAsked(token, { topLogprobs, entropy })) };
  }
  return event;
}

function asAsked(
  { entropy: nats, ...token }: TokenLogprob,
  { topLogprobs, entropy }: { readonly topLogprobs: number; readonly entropy: boolean },
): TokenLogprob {
  return {
    ...token,
    top: token.top.slice(0, topLogprobs),
    ...(entropy && nats !== undefined && { entropy: nats }),
  };
}

type AskedJudgement = {
  readonly request: GenerateRequest;
  readonly judging: Judging;
  readonly criteria: Criteria;
  readonly choice: Choice;
};

async function judgeChoice(
  deps: WatchDeps,
  { request, judging, criteria, choice }: AskedJudgement,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { context, reference } = judging;
  try {
    const judgement = await deps.validation.judgeAnswer(
      {
        ...{ prompt: promptOf(request.input), response: choice.text },
        ...(context && { context }),
        ...(reference !== undefined && { reference }),
        toolCalls: choice.calls.map(({ name, arguments: text }) => ({ name, arguments: toArguments(text) })),
      },
      criteria,
      {
        ...{ signal, answeredBy: request.model, depth: (request.depth ?? 0) + 1, tenant: request.tenant },
        ...(request.privacy && { privacy: request.privacy }),
      },
    );
    return toJudgementBody(judgement);
  } catch (error) {
    signal.throwIfAborted();
    const { message } = toAppError(error);
    return { verdict: "abstain", reason: message, unscored: [{ name: "judges", reason: message }] };
  }
}

/** What the model was asked last. */
function promptOf(input: GenerateInput): string {
  if (input.type === "chat") return input.messages.findLast(({ role }) => role === "user")?.content ?? "";
  return input.type === "text" ? input.text : "";
}

/** Arguments that are cut off or broken are judged as the text that they are. */
function toArguments(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
