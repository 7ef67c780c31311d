import { hashText } from "../../base/index.ts";
import type { GenerationRecord } from "../recorder.ts";

/** A client that asks the very same again so soon after an answer did not take that answer. */
export const regeneratedWithinMs = 120_000;
/** Of all messages of a conversation; longer ones are not compared, as that would hold up other requests. */
const maxComparedCharacters = 200_000;
/** Questions that are remembered for it. */
const maxRemembered = 1_000;

type Answered = { readonly id: string; readonly endedMs: number };

/**
 * Guesses failures by one sign: the same client regenerates. That is the same conversation asked of the same model once
 * more, within two minutes after its answer had ended, with sampling that can make another answer of it; programs that
 * repeat a determined question mean nothing by it. A guess is marked as one, and nothing is learnt from it.
 */
export function createRegenerationWatch() {
  const answered = new Map<string, Answered>();
  return {
    /** The id of the answer that this one replaces, if any. `endedMs` is on a clock that only goes forward. */
    observe(record: GenerationRecord, endedMs: number): string | undefined {
      if (!canDiffer(record)) return undefined;
      const key = keyOf(record);
      const before = answered.get(key);
      answered.delete(key);
      answered.set(key, { id: record.id, endedMs });
      const [oldest] = answered.keys();
      if (answered.size > maxRemembered && oldest !== undefined) answered.delete(oldest);
      if (!before) return undefined;
      const pauseMs = endedMs - record.e2eMs - before.endedMs;
      return pauseMs >= 0 && pauseMs <= regeneratedWithinMs ? before.id : undefined;
    },
  };
}

function canDiffer({ request: { input, sampling }, receipt }: GenerationRecord): boolean {
  const isDetermined = sampling.temperature === 0 || sampling.seed !== undefined;
  if (input.type !== "chat" || isDetermined || receipt?.route.kind === "cache") return false;
  const characters = input.messages.reduce((sum, { content }) => sum + content.length, 0);
  return characters <= maxComparedCharacters;
}

function keyOf({ tenant, request: { input, model } }: GenerationRecord): string {
  const messages = input.type === "chat" ? input.messages : [];
  return hashText(JSON.stringify([tenant, model, messages]));
}
