import { OpenAPIHono } from "@hono/zod-openapi";
import { cors } from "hono/cors";
import { AppError } from "../base/index.ts";
import { toFailure } from "../coordinator/index.ts";
import { pluginPath, toErrorResponse as toPluginErrorResponse } from "./admin/plugin-errors.ts";
import { createAuthenticator } from "./auth.ts";
import type { ServerDeps } from "./deps.ts";
import { readHops } from "./hops.ts";
import { lazy } from "./lazy.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import { toErrorResponse as toOllamaError } from "./ollama/errors.ts";
import { toErrorResponse as toOpenAiError } from "./openai/errors.ts";
import { createOpenApiDocument } from "./openapi.ts";
import { checkHost, checkOrigin, isLoopback } from "./origin.ts";
import { createRateCheck } from "./rate-limit.ts";
import {
  type AppContext,
  checkPrivacy,
  type Env,
  ignoredHeader,
  requestScope,
  truncatedHeader,
} from "./request-scope.ts";
import type { Route, RouteDeps } from "./route.ts";
import { routes } from "./routes.ts";

/** Builds the application. It answers `app.request()` as it does a port; `startServer` binds it. */
export function createServerApp(
  deps: ServerDeps,
  lifecycle: Lifecycle = createLifecycle(),
): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  const routeDeps: RouteDeps = {
    ...deps,
    lifecycle,
    pipeline: {
      engine: deps.engine,
      coordinator: deps.coordinator,
      judges: deps.judges,
      knowledge: deps.knowledge,
      record: deps.record,
      logger: deps.logger,
      nowMs: deps.nowMs ?? performance.now.bind(performance),
    },
    openApiDocument: lazy(() => createOpenApiDocument(app, routes, deps.version)),
  };
  app.use("*", requestScope(deps, lifecycle));
  if (deps.allowedOrigins.length > 0) app.use("*", createCors(deps.allowedOrigins));
  addRoutes(app, routeDeps);
  app.notFound((context) => {
    const error = new AppError("not_found", `There is nothing at ${context.req.method} ${context.req.path}.`);
    return answerError(error, context, deps);
  });
  app.onError((error, context) => answerError(error, context, deps));
  return app;
}

function addRoutes(app: OpenAPIHono<Env>, deps: RouteDeps): void {
  const guard = createGuard(deps);
  for (const route of routes) addRoute(app, route, deps, guard);
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = routes.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
    app.all(path, (context) => {
      const error = new AppError(
        "method_not_allowed",
        `${context.req.method} ${path} is not possible; use ${allowed}.`,
      );
      const response = answerError(error, context, deps);
      response.headers.set("allow", allowed.join(", "));
      return response;
    });
  }
}

/** Hono takes a HEAD request for a GET whose body it drops, so a route for HEAD alone is one that lets GET pass by. */
function addRoute(app: OpenAPIHono<Env>, route: Route, deps: RouteDeps, guard: Guard): void {
  const method = route.method === "head" ? "GET" : route.method.toUpperCase();
  app.on(method, route.path, (context, next) => {
    if (route.method === "head" && context.req.method !== "HEAD") return next();
    guard(context, route);
    return route.handle(context, deps);
  });
}

type Guard = (context: AppContext, route: Route) => void;

/** What is checked before a handler runs: host name, origin, key, its rate, and whether the server is stopping. */
function createGuard(deps: RouteDeps): Guard {
  const authenticate = createAuthenticator(deps);
  const checkRate = createRateCheck(deps);
  const needsHostCheck = deps.apiKeys.length === 0 && isLoopback(deps.hostname);
  return function guard(context, route) {
    const request = context.req.raw;
    if (needsHostCheck) checkHost(request, deps.allowedOrigins);
    checkOrigin(request, deps.allowedOrigins);
    if (route.access === "open") return;
    const { tenant, isAdmin } = authenticate(request.headers);
    const scope = context.get("scope");
    scope.tenant = tenant;
    scope.hops = readHops(request.headers);
    checkPrivacy(request.headers);
    if (route.group !== "Health") checkRate(tenant, request.headers);
    if (route.access === "admin" && !isAdmin) {
      throw new AppError("forbidden", "This needs an admin key; send one that --admin-key was given.");
    }
    if (deps.lifecycle.isDraining) {
      throw new AppError("shutting_down", "The server is stopping and takes no new requests.");
    }
  };
}

function createCors(allowedOrigins: readonly string[]) {
  return cors({
    origin: allowedOrigins.includes("*") ? "*" : [...allowedOrigins],
    allowMethods: [...new Set(routes.map((route) => route.method.toUpperCase()))],
    exposeHeaders: ["x-request-id", "retry-after", "x-should-retry", ignoredHeader, truncatedHeader],
  });
}

function answerError(error: unknown, context: AppContext, deps: ServerDeps): Response {
  const scope = context.get("scope");
  const failure = toFailure(error, scope.abort.signal);
  scope.errorCode = failure.code;
  if (failure.code === "plugin_failed") {
    const { requestId } = scope;
    deps.logger.warn("plugin_call_failed", { requestId, error: failure.message, ...failure.details });
  } else if (failure.row.status >= 500) {
    const cause = failure.cause instanceof Error ? failure.cause : failure;
    deps.logger.error("request_failed", {
      requestId: scope.requestId,
      code: failure.code,
      error: failure.message,
      stack: cause.stack,
    });
  }
  const { path } = context.req;
  if (path === pluginPath || path.startsWith(`${pluginPath}/`)) return toPluginErrorResponse(failure);
  return path.startsWith("/api/") ? toOllamaError(failure) : toOpenAiError(failure);
}
