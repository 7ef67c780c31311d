import type { GenerateEvent, GenerateRequest } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { createConfidence } from "./confidence.ts";

/** Tokens after which it is decided whether an answer stays; a shorter one is decided on at its end. */
export const decideTokens = 64;

/** An answer of the local model, as far as it was needed to weigh it. */
export type Weighed = {
  /** From 0 to 1; absent where the model told nothing of its tokens. */
  readonly confidence?: number;
  /** All of the answer, the held part first. */
  events(): AsyncGenerator<GenerateEvent, void, undefined>;
  /** Ends the generation, in place of reading it. */
  leave(): Promise<void>;
};

/**
 * Lets the model answer and holds the answer back until its confidence is known. What the client did not ask for is
 * taken out again.
 */
export async function weigh(
  engine: Pick<CoordinatorDeps["engine"], "generate">,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<Weighed> {
  const asked = { ...request, topLogprobs: request.topLogprobs ?? 0, lateLogprobs: false };
  const rest = engine.generate(asked, signal)[Symbol.asyncIterator]();
  const held: GenerateEvent[] = [];
  const confidence = createConfidence();
  for (;;) {
    const { value, done } = await rest.next();
    if (done) break;
    if (value.type === "logprobs") confidence.add(value.tokens);
    if (isAskedFor(value, request)) held.push(value);
    if (value.type === "finish" || confidence.tokens >= decideTokens) break;
  }
  const measured = confidence.value();
  return {
    ...(measured !== undefined && { confidence: measured }),
    events: () => passOn(held, rest, request),
    leave: async () => void (await rest.return?.()),
  };
}

async function* passOn(
  held: readonly GenerateEvent[],
  rest: AsyncIterator<GenerateEvent>,
  request: GenerateRequest,
): AsyncGenerator<GenerateEvent, void, undefined> {
  try {
    yield* held;
    for (;;) {
      const { value, done } = await rest.next();
      if (done) return;
      if (isAskedFor(value, request)) yield value;
    }
  } finally {
    await rest.return?.();
  }
}

function isAskedFor({ type }: GenerateEvent, { topLogprobs }: GenerateRequest): boolean {
  return type !== "logprobs" || topLogprobs !== undefined;
}
