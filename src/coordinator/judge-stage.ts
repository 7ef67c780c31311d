import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import type { PipelineDeps } from "./pipeline.ts";

/** Generates the answer; where the request asks for it, what judges say of each choice comes before `done`. */
export function judgeStage(
  deps: Pick<PipelineDeps, "engine" | "judges">,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncIterable<GenerateEvent> {
  return request.judging ? judge(deps, request, signal) : deps.engine.generate(request, signal);
}

/** Judges that cannot be asked refuse the request before any work; later faults of theirs leave the answer whole. */
async function* judge(
  { engine, judges }: Pick<PipelineDeps, "engine" | "judges">,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent, void, undefined> {
  const watch = await (await judges()).watch(request, signal);
  for await (const event of engine.generate(watch.request, signal)) {
    if (event.type === "done") yield* await watch.judge(signal);
    const shown = watch.take(event);
    if (shown) yield shown;
  }
}
