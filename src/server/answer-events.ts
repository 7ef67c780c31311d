import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import { generate, type PipelineDeps } from "../coordinator/index.ts";
import type { RequestScope } from "./request-scope.ts";

/**
 * The events of an answer, for codecs, with the operator's defaults where the client says nothing. Where the answer came
 * from is noted in the scope before the first of them.
 */
export async function* answerEvents(
  pipeline: PipelineDeps,
  request: GenerateRequest,
  scope: Pick<RequestScope, "receipt" | "isLocal" | "isUnstored" | "hops">,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent, void, undefined> {
  for await (const event of generate(
    pipeline,
    asClientRequest(request, scope, pipeline.coordinator.settings),
    signal,
  )) {
    if (event.type === "receipt") scope.receipt = event.receipt;
    else yield event;
  }
}

/** What headers forbid wins over the body, and the body over the configuration. */
function asClientRequest(
  request: GenerateRequest,
  { isLocal, isUnstored, hops }: Pick<RequestScope, "isLocal" | "isUnstored" | "hops">,
  { cache, collections }: PipelineDeps["coordinator"]["settings"],
): GenerateRequest {
  const retrieval = request.retrieval ?? (collections.length > 0 ? { collections } : undefined);
  return {
    ...request,
    isInteraction: true,
    caching: isUnstored ? "off" : (request.caching ?? cache),
    ...(retrieval && { retrieval }),
    ...(isLocal && { privacy: "local" }),
    ...(hops > 0 && { hops }),
  };
}
