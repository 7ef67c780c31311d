import type { GenerateRequest } from "../contract/index.ts";
import type { PipelineDeps } from "./pipeline.ts";
import type { RoutedEvent } from "./routing/router.ts";

/** Makes the answer to a request. */
export type Answer = (request: GenerateRequest) => AsyncIterable<RoutedEvent>;

/** The answer; where the request asks for it, what judges say of each choice comes before `done`. */
export function judgeStage(
  deps: Pick<PipelineDeps, "judges">,
  request: GenerateRequest,
  answer: Answer,
  signal: AbortSignal,
): AsyncIterable<RoutedEvent> {
  return request.judging ? judge(deps, request, answer, signal) : answer(request);
}

/** Judges that cannot be asked refuse the request before any work; later faults of theirs leave the answer whole. */
async function* judge(
  { judges }: Pick<PipelineDeps, "judges">,
  request: GenerateRequest,
  answer: Answer,
  signal: AbortSignal,
): AsyncGenerator<RoutedEvent, void, undefined> {
  const watch = await (await judges()).watch(request, signal);
  for await (const event of answer(watch.request)) {
    if (event.type === "routed") {
      yield event;
      continue;
    }
    if (event.type === "done") yield* await watch.judge(signal);
    const shown = watch.take(event);
    if (shown) yield shown;
  }
}
