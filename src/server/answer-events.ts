import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import { generate, type PipelineDeps } from "../coordinator/index.ts";
import type { RequestScope } from "./request-scope.ts";

/** The events of an answer, for codecs; where it came from is noted in the scope before the first of them. */
export async function* answerEvents(
  pipeline: PipelineDeps,
  request: GenerateRequest,
  scope: Pick<RequestScope, "receipt">,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent, void, undefined> {
  for await (const event of generate(pipeline, request, signal)) {
    if (event.type === "receipt") scope.receipt = event.receipt;
    else yield event;
  }
}
