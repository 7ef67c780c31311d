import type { GenerateInput } from "../../contract/index.ts";
import type { PolicyInput } from "../../plugin-host/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { estimateTokens, wholeText } from "../input-text.ts";
import type { RoutedRequest } from "./router.ts";

export type RouteSignals = PolicyInput<"route.decide">;

/** What is known of the remote side. */
export type RemoteSide = {
  readonly isAvailable: boolean;
  /** USD; absent: no limit. */
  readonly budgetLeft?: number;
};

type SignalDeps = { readonly engine: Pick<CoordinatorDeps["engine"], "find" | "tokenize" | "stats"> };

/** A policy reads what asks for something, which stands at the start. */
export const maxPromptCharacters = 32_768;
/** Longer texts are estimated: their tokens would keep the model's process from its answers. */
const maxTokenizedCharacters = 65_536;
/** So many requests that wait for a local place count as a full house. */
const fullQueue = 16;

/** What the policy is told of a request. */
export async function readSignals(
  deps: SignalDeps,
  { request, contextScore, asked = request.input }: RoutedRequest,
  local: string,
  { isAvailable, budgetLeft }: RemoteSide,
): Promise<RouteSignals> {
  const { maxTokens, routing } = request;
  const waiting = deps.engine.stats(local)?.waiting ?? 0;
  return {
    hook: "route.decide",
    prompt: promptOf(asked).slice(0, maxPromptCharacters),
    inputTokens: await countTokens(deps, request.input, local),
    ...(maxTokens !== undefined && { outputTokens: maxTokens }),
    contextScore: Math.min(1, Math.max(0, contextScore ?? 0)),
    ...(budgetLeft !== undefined && { budgetLeft }),
    hasRemote: true,
    remoteAvailable: isAvailable,
    label: routing ?? "any",
    load: Math.min(1, waiting / fullQueue),
  };
}

/** What was asked last. */
export function promptOf(input: GenerateInput): string {
  if (input.type === "chat") return input.messages.findLast(({ role }) => role === "user")?.content ?? "";
  if (input.type === "text") return input.text;
  return input.type === "infill" ? input.prefix : "";
}

/** By the tokenizer of a model that is loaded, else by its characters. */
async function countTokens({ engine }: SignalDeps, input: GenerateInput, local: string): Promise<number> {
  if (input.type === "tokens") return input.tokens.length;
  const text = wholeText(input);
  const counted = text.length <= maxTokenizedCharacters ? await tokenize(engine, local, text) : undefined;
  return counted ?? estimateTokens(text);
}

/** A model that is missing or broken says so when it is asked for the answer; here its tokens are estimated. */
async function tokenize(
  engine: SignalDeps["engine"],
  local: string,
  text: string,
): Promise<number | undefined> {
  try {
    const { state } = await engine.find(local);
    if (state !== "ready") return undefined;
    return (await engine.tokenize(local, text, { addSpecial: false, parseSpecial: false })).tokens.length;
  } catch {
    return undefined;
  }
}
