import { EventQueue } from "../../base/index.ts";
import type { GenerateEvent, GenerateRequest } from "../../contract/index.ts";
import type { PipelineDeps } from "../../coordinator/index.ts";
import { answerEvents } from "../answer-events.ts";
import { type CollectedAnswer, collectAnswer } from "../collect.ts";
import { maxConcurrentPrompts } from "../limits.ts";
import type { RequestScope } from "../request-scope.ts";
import type { PromptEvent } from "./completion-response.ts";

/** Answers every request, a few at a time, and returns the answers in the requests' order. */
export async function collectAnswers(
  pipeline: PipelineDeps,
  requests: readonly GenerateRequest[],
  scope: RequestScope,
): Promise<CollectedAnswer[]> {
  const answers: CollectedAnswer[] = [];
  await runEach(pipeline, requests, scope, async (events, index, request) => {
    answers[index] = await collectAnswer(events, request.choices);
  });
  return answers;
}

/** The events of every request as they come, a few requests at a time. */
export function mergeAnswers(
  pipeline: PipelineDeps,
  requests: readonly GenerateRequest[],
  scope: RequestScope,
): AsyncIterableIterator<PromptEvent> {
  const merged = new EventQueue<PromptEvent>(() => scope.abort.abort());
  const run = runEach(pipeline, requests, scope, async (events, prompt) => {
    for await (const event of events) merged.push({ prompt, event });
  });
  run.then(
    () => merged.close(),
    (error: unknown) => merged.fail(error),
  );
  return merged;
}

type Consume = (
  events: AsyncIterable<GenerateEvent>,
  index: number,
  request: GenerateRequest,
) => Promise<void>;

/** The first failure is the one reported; it stops the others. */
async function runEach(
  pipeline: PipelineDeps,
  requests: readonly GenerateRequest[],
  scope: RequestScope,
  consume: Consume,
): Promise<void> {
  const waiting = requests.entries();
  const { signal } = scope.abort;
  const others = new AbortController();
  const stopOthers = () => others.abort(signal.reason);
  signal.addEventListener("abort", stopOthers, { once: true });
  if (signal.aborted) stopOthers();
  let failure: { readonly error: unknown } | undefined;
  const work = async () => {
    for (const [index, request] of waiting) {
      if (failure) return;
      try {
        await consume(answerEvents(pipeline, request, scope, others.signal), index, request);
      } catch (error) {
        failure ??= { error };
        others.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxConcurrentPrompts, requests.length) }, work));
  signal.removeEventListener("abort", stopOthers);
  if (failure) throw failure.error;
}
