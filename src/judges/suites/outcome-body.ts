/** Outcomes as they are stored and sent. */
import { z } from "zod";
import type { JsonObject, JsonValue } from "../../contract/index.ts";
import type { RunPart } from "../runs/run.ts";
import type { Violation } from "../verdict.ts";
import { type Outcome, outcomeKey } from "./outcome.ts";

const violation = z.object({
  rule: z.string(),
  severity: z.enum(["warning", "failure"]),
  observed: z.union([z.number(), z.string()]).exactOptional(),
  limit: z.union([z.number(), z.string()]).exactOptional(),
  message: z.string(),
});

const outcomeBody = z.object({
  case: z.string(),
  repetition: z.int(),
  verdict: z.enum(["pass", "warn", "fail", "abstain"]),
  message: z.string(),
  score: z.number().exactOptional(),
  answer: z.string(),
  tool_calls: z.array(z.object({ name: z.string(), arguments: z.json() })),
  finish_reason: z.enum(["stop", "length", "tool_calls"]).exactOptional(),
  violations: z.array(violation),
  unscored: z.array(
    z.object({ name: z.string(), reason: z.string(), fault: z.literal(true).exactOptional() }),
  ),
  suggestions: z.array(z.string()),
  warnings: z.array(z.string()),
  judges: z.record(z.string(), z.number()),
  error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
  duration_ms: z.number(),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }),
});

const partBody = z.array(outcomeBody);

export function toOutcomeBody(outcome: Outcome): JsonObject {
  const { calls, finishReason, durationMs, promptTokens, completionTokens, violations, ...same } = outcome;
  const { unscored, suggestions, warnings, judges, error, score, ...texts } = same;
  return {
    ...texts,
    ...(score !== undefined && { score }),
    ...(error && { error: { ...error } }),
    tool_calls: calls.map((call) => ({ ...call })),
    ...(finishReason !== undefined && { finish_reason: finishReason }),
    violations: violations.map(toViolationBody),
    unscored: unscored.map((entry) => ({ ...entry })),
    ...{ suggestions, warnings, judges },
    duration_ms: durationMs,
    usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens },
  };
}

/** After so many that were read others get their turn. */
const outcomesPerTurn = 1_000;

/** The outcomes of a stored run, each once; of one that was judged again the latest. */
export async function readOutcomes(parts: readonly RunPart[]): Promise<readonly Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  let read = 0;
  for (const { result } of parts) {
    for (const body of partBody.parse(result)) {
      const outcome = fromOutcomeBody(body);
      outcomes.set(outcomeKey(outcome), outcome);
      read += 1;
    }
    if (read < outcomesPerTurn) continue;
    read = 0;
    await Bun.sleep(0);
  }
  return [...outcomes.values()];
}

function toViolationBody(entry: Violation): JsonValue {
  return { ...entry };
}

function fromOutcomeBody(body: z.output<typeof outcomeBody>): Outcome {
  const { tool_calls: calls, finish_reason: finishReason, duration_ms: durationMs, usage, ...same } = body;
  return {
    ...same,
    ...(finishReason !== undefined && { finishReason }),
    ...{ calls, durationMs },
    ...{ promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens },
  };
}
