import { AppError, createId, toAppError } from "../../base/index.ts";
import type { GenerateEvent, Priority } from "../../contract/index.ts";
import type { ModelEntry } from "../../engine/index.ts";
import { keepAliveIntervalMs } from "../limits.ts";
import type { AppContext, RequestScope } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { createEventStream } from "../sse.ts";
import { invalidParameter, toErrorBody } from "./errors.ts";
import type { RequestOrigin } from "./generation-fields.ts";

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

export const streamEnd = "data: [DONE]\n\n";

/** Notes the model in the request's scope and returns what the codecs need beside the body. */
export function beginRequest(context: AppContext, entry: ModelEntry, idPrefix: string): RequestOrigin {
  const scope = context.get("scope");
  const id = createId(idPrefix);
  scope.model = entry.id;
  scope.answerId = id;
  return { id, model: entry.id, tenant: scope.tenant, priority: readPriority(context) };
}

/** What identifies an answer, the same on every chunk of it. */
export function describeAnswer(deps: RouteDeps, entry: ModelEntry, id: string) {
  const seen = `${deps.version}|${entry.id}|${entry.path}|${entry.createdAtSeconds}`;
  return {
    id,
    model: entry.id,
    createdSeconds: Math.floor(Date.now() / 1000),
    fingerprint: `fp_${Bun.hash(seen).toString(16).padStart(16, "0").slice(0, 12)}`,
  };
}

/**
 * Streams events as they come. Waits for the first one before it answers, so that a request that cannot run keeps its
 * status; a later failure becomes an error frame and the end of the stream.
 */
export async function streamAnswer<T>(
  context: AppContext,
  deps: RouteDeps,
  events: AsyncIterableIterator<T>,
  encode: (event: T) => string,
): Promise<Response> {
  const scope = context.get("scope");
  const first = await events.next();
  if (first.done) throw new AppError("server_error", "The engine ended an answer before it began.");
  const stream = createEventStream({
    opening: encode(first.value),
    events,
    encode,
    encodeError: (error) => encodeFailure(toAppError(error), scope, deps),
    onCancel: () => scope.abort.abort(),
    keepAliveMs: deps.keepAliveMs ?? keepAliveIntervalMs,
  });
  scope.ended = stream.ended;
  return new Response(stream.body, { headers: streamHeaders });
}

export function noteUsage(scope: RequestScope, event: GenerateEvent): void {
  if (event.type === "done") scope.usage = event.usage;
}

function encodeFailure(error: AppError, scope: RequestScope, deps: RouteDeps): string {
  scope.errorCode = error.code;
  if (error.code === "cancelled") return "";
  deps.logger.warn("stream_failed", { requestId: scope.requestId, code: error.code, error: error.message });
  return `data: ${JSON.stringify(toErrorBody(error))}\n\n${streamEnd}`;
}

function readPriority(context: AppContext): Priority | undefined {
  const given = context.req.header("x-hearth-priority");
  if (given === undefined || given === "interactive" || given === "batch") return given;
  throw invalidParameter(
    "x-hearth-priority",
    `x-hearth-priority: "${given}" is neither interactive nor batch.`,
  );
}
