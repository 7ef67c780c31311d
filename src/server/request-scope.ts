import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { createId, type ErrorCode } from "../base/index.ts";
import type { Receipt, Usage } from "../contract/index.ts";
import type { ServerDeps } from "./deps.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { maxIgnoredNames, maxNameCharacters, maxRequestIdCharacters, maxTruncatedNames } from "./limits.ts";
import { invalidParameter } from "./parameter-errors.ts";
import { toReceiptHeaders } from "./receipt-fields.ts";

/** What is known of one HTTP request while it is answered. */
export type RequestScope = {
  readonly requestId: string;
  /** On the clock of `ServerDeps.nowMs`. */
  readonly startedMs: number;
  /** Whose share of the engine the request counts against. */
  tenant: string;
  /** Aborted when the client goes away or the server's patience at a stop ends. */
  readonly abort: AbortController;
  /** The client demands that nothing of the request leaves this machine: `x-hearth-privacy: local`. */
  readonly isLocal: boolean;
  /** The client demands that no stored answer is served, and this one not stored: `cache-control: no-store`. */
  readonly isUnstored: boolean;
  /** Servers that passed the request on before this one. */
  hops: number;
  model?: string;
  /** The id that the answer carries, by which the engine knows it too. */
  answerId?: string;
  /** Fields of the body that nothing acted on. */
  ignored?: readonly string[];
  /** Texts that were cut because the request said that they may be. */
  truncated?: readonly string[];
  /** Where the answer comes from, known before its first byte. */
  receipt?: Receipt;
  errorCode?: ErrorCode;
  usage?: Pick<Usage, "promptTokens" | "completionTokens">;
  /** Set by a streamed reply: resolves when its last byte has been handed over. */
  ended?: Promise<void>;
};

export type Env = {
  Variables: { scope: RequestScope };
  Bindings: { server?: { timeout(request: Request, seconds: number): void } };
};
export type AppContext = Context<Env>;

/** Lists the fields of a request that were accepted and not acted on. */
export const ignoredHeader = "x-hearth-ignored";
/** Lists the inputs that were cut to fit, as the request allowed: `input[0]: 9000 to 8192 tokens`. */
export const truncatedHeader = "x-hearth-truncated";

/** The answer's id, by which its receipt is found and its outcome is told. */
const interactionHeader = "x-hearth-interaction";
const privacyHeader = "x-hearth-privacy";

/** On whose behalf something is asked that is no generation of the client's own, and whether it must stay here. */
export function callerOf({ tenant, isLocal }: Pick<RequestScope, "tenant" | "isLocal">): {
  readonly tenant: string;
  readonly privacy?: "local";
} {
  return { tenant, ...(isLocal && { privacy: "local" }) };
}

const printableId = new RegExp(`^[\\x21-\\x7e]{1,${maxRequestIdCharacters}}$`);

/** Gives each request its id and scope, and ends it with one log line and one metric. */
export function requestScope(deps: ServerDeps, lifecycle: Lifecycle): MiddlewareHandler<Env> {
  const nowMs = deps.nowMs ?? performance.now.bind(performance);
  return async function scopeRequest(context, next) {
    const startedMs = nowMs();
    const scope = createScope(context, startedMs);
    const untrack = lifecycle.track(scope.abort);
    context.set("scope", scope);
    const finish = () => {
      untrack();
      reportRequest(deps, context, scope, nowMs() - startedMs);
    };
    try {
      await next();
    } catch (error) {
      finish();
      throw error;
    }
    context.res.headers.set("x-request-id", scope.requestId);
    setReportHeaders(context, scope);
    if (scope.ended) void scope.ended.then(finish);
    else finish();
  };
}

function setReportHeaders(
  context: AppContext,
  { ignored, truncated, receipt, answerId }: RequestScope,
): void {
  if (answerId !== undefined) context.res.headers.set(interactionHeader, answerId);
  for (const [name, value] of receipt ? toReceiptHeaders(receipt) : []) context.res.headers.set(name, value);
  if (ignored && ignored.length > 0) context.res.headers.set(ignoredHeader, toHeaderList(ignored));
  if (truncated && truncated.length > 0) {
    context.res.headers.set(truncatedHeader, truncated.slice(0, maxTruncatedNames).join(", "));
  }
}

/** Names come from the client, so they are escaped and cut. */
function toHeaderList(names: readonly string[]): string {
  const listed = names
    .slice(0, maxIgnoredNames)
    .map((name) => encodeURIComponent(name.slice(0, maxNameCharacters).toWellFormed()));
  if (names.length > maxIgnoredNames) listed.push(`and ${names.length - maxIgnoredNames} more`);
  return listed.join(", ");
}

function createScope(context: AppContext, startedMs: number): RequestScope {
  const given = context.req.header("x-request-id");
  const abort = new AbortController();
  const { signal } = context.req.raw;
  if (signal.aborted) abort.abort();
  else signal.addEventListener("abort", () => abort.abort(), { once: true });
  const requestId = given !== undefined && printableId.test(given) ? given : createId("req");
  return { requestId, startedMs, tenant: "local", abort, hops: 0, ...readWishes(context.req.raw.headers) };
}

/** One demand or, where a proxy added its own, several. */
function readPrivacy(headers: Headers): readonly string[] {
  return (headers.get(privacyHeader) ?? "any").split(",").map((demand) => demand.trim().toLowerCase());
}

/** A demand that is not understood must not pass for one that was heeded. Throws AppError invalid_request. */
export function checkPrivacy(headers: Headers): void {
  const unknown = readPrivacy(headers).find((demand) => demand !== "local" && demand !== "any");
  if (unknown === undefined) return;
  const shown = unknown.slice(0, maxNameCharacters);
  throw invalidParameter(privacyHeader, `${privacyHeader}: expected local or any, got "${shown}".`);
}

function readWishes(headers: Headers): Pick<RequestScope, "isLocal" | "isUnstored"> {
  const caching = headers.get("cache-control") ?? "";
  return {
    isLocal: readPrivacy(headers).some((demand) => demand !== "any"),
    isUnstored: /\bno-(store|cache)\b/i.test(caching),
  };
}

function reportRequest(deps: ServerDeps, context: AppContext, scope: RequestScope, durationMs: number): void {
  const { method } = context.req;
  const { status } = context.res;
  const route = routePattern(context);
  const errorCode = scope.errorCode === undefined ? {} : { errorCode: scope.errorCode };
  const model = scope.model === undefined ? {} : { model: scope.model };
  deps.metrics.requestFinished({ route, method, status, durationMs, ...errorCode, ...model });
  deps.logger.info("request", {
    requestId: scope.requestId,
    method,
    route,
    status,
    durationMs: Math.round(durationMs * 10) / 10,
    ...errorCode,
    ...model,
    ...(scope.answerId === undefined ? {} : { answerId: scope.answerId }),
    ...(scope.usage ?? {}),
  });
}

/** The matched route and never the raw path, which clients choose. */
function routePattern(context: AppContext): string {
  const matched = matchedRoutes(context).find((route) => route.path !== "/*" && route.path !== "*");
  return matched?.path ?? "unmatched";
}
