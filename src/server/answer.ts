import { AppError, createId, toAppError } from "../base/index.ts";
import type { GenerateEvent, Priority } from "../contract/index.ts";
import { toFailure } from "../coordinator/index.ts";
import type { ModelEntry } from "../engine/index.ts";
import { keepAliveIntervalMs } from "./limits.ts";
import { invalidParameter } from "./parameter-errors.ts";
import type { AppContext, RequestScope } from "./request-scope.ts";
import type { RouteDeps } from "./route.ts";
import { createEventStream, type StreamFormat } from "./stream.ts";

/** What a codec is told by the server rather than by the body. */
export type RequestOrigin = {
  readonly id: string;
  readonly model: string;
  readonly tenant: string;
  readonly priority: Priority | undefined;
};

/** Notes the model in the request's scope and returns what the codecs need beside the body. */
export function beginRequest(context: AppContext, entry: ModelEntry, idPrefix: string): RequestOrigin {
  const scope = context.get("scope");
  const id = createId(idPrefix);
  scope.model = entry.id;
  scope.answerId = id;
  return { id, model: entry.id, tenant: scope.tenant, priority: readPriority(context) };
}

export type StreamCodec<T> = {
  readonly format: StreamFormat;
  readonly encode: (event: T) => string;
  /** The frames that end the stream after a failure. */
  readonly encodeError: (error: AppError) => string;
};

/**
 * Streams events as they come. Waits for the first one before it answers, so that a request that cannot run keeps its
 * status; a later failure becomes an error frame and the end of the stream.
 */
export async function streamAnswer<T>(
  context: AppContext,
  deps: RouteDeps,
  events: AsyncIterator<T>,
  codec: StreamCodec<T>,
): Promise<Response> {
  const scope = context.get("scope");
  const first = await events.next();
  if (first.done) throw new AppError("server_error", "An answer ended before it began.");
  const stream = createEventStream({
    opening: codec.encode(first.value),
    events: { [Symbol.asyncIterator]: () => events },
    encode: codec.encode,
    encodeError: (error) => encodeFailure(toAppError(error), scope, deps, codec),
    onCancel: () => scope.abort.abort(),
    keepAlive: codec.format.keepAlive,
    keepAliveMs: deps.keepAliveMs ?? keepAliveIntervalMs,
  });
  scope.ended = stream.ended;
  return new Response(stream.body, { headers: codec.format.headers });
}

export function noteUsage(scope: RequestScope, event: GenerateEvent): void {
  if (event.type === "done") scope.usage = event.usage;
}

function encodeFailure<T>(
  error: AppError,
  scope: RequestScope,
  deps: RouteDeps,
  codec: StreamCodec<T>,
): string {
  const failure = toFailure(error, scope.abort.signal);
  scope.errorCode = failure.code;
  if (failure.code === "cancelled") return "";
  deps.logger.warn("stream_failed", {
    requestId: scope.requestId,
    code: failure.code,
    error: failure.message,
  });
  return codec.encodeError(failure);
}

function readPriority(context: AppContext): Priority | undefined {
  const given = context.req.header("x-hearth-priority");
  if (given === undefined || given === "interactive" || given === "batch") return given;
  throw invalidParameter(
    "x-hearth-priority",
    `x-hearth-priority: "${given}" is neither interactive nor batch.`,
  );
}
