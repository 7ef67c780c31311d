import type { Engine } from "../engine/index.ts";
import { maxHealthModels } from "./limits.ts";
import type { AppContext } from "./request-scope.ts";
import type { Route, RouteDeps } from "./route.ts";

const open = { method: "get", group: "Health", access: "open", answers: "application/json" } as const;

export const healthRoutes: readonly Route[] = [
  { ...open, path: "/health", summary: "State of every component", handle: handleHealth },
  { ...open, path: "/healthz", summary: "Same as /health", handle: handleHealth },
  { ...open, path: "/ready", summary: "Whether a model can answer now", handle: handleReady },
  { ...open, path: "/readyz", summary: "Same as /ready", handle: handleReady },
  {
    ...open,
    path: "/livez",
    summary: "Whether the process is alive",
    handle: (context) => context.json({ status: "ok" }),
  },
  {
    method: "get",
    path: "/metrics",
    summary: "Prometheus metrics",
    group: "Health",
    access: "key",
    answers: "text/plain",
    handle: async (_context, { metrics }) =>
      new Response(await metrics.text(), { headers: { "content-type": metrics.contentType } }),
  },
];

type Component = { readonly name: string; readonly status: string };

/**
 * Names and states alone: why a model failed may hold paths, and these routes need no key. Models that nobody asked for
 * are no components; they are loaded when somebody does.
 */
function toComponents(models: ReturnType<Engine["asked"]>): Component[] {
  return models
    .filter((entry) => entry.state !== "stopped")
    .slice(0, maxHealthModels)
    .map((entry) => ({ name: `model:${entry.id}`, status: entry.state }));
}

function isAnswering(deps: RouteDeps): boolean {
  return deps.engine.isReady() && !deps.lifecycle.isDraining;
}

function handleHealth(context: AppContext, deps: RouteDeps): Response {
  const models = deps.engine.asked();
  const isDamaged = deps.library.damage() !== undefined;
  const isWhole = models.every((entry) => entry.state !== "failed") && !isDamaged;
  const status = !isAnswering(deps) ? "unavailable" : isWhole ? "ok" : "degraded";
  const components = [
    { name: "server", status: deps.lifecycle.isDraining ? "stopping" : "ready" },
    ...(isDamaged ? [{ name: "database", status: "damaged" }] : []),
    ...toComponents(models),
  ];
  return context.json({ status, version: deps.version, components }, status === "unavailable" ? 503 : 200);
}

function handleReady(context: AppContext, deps: RouteDeps): Response {
  if (isAnswering(deps)) return context.json({ ready: true, blocking: [] });
  const blocking = toComponents(deps.engine.asked().filter(({ state }) => state !== "ready"));
  if (deps.lifecycle.isDraining) blocking.unshift({ name: "server", status: "stopping" });
  if (blocking.length === 0) blocking.push({ name: "models", status: "none" });
  return context.json({ ready: false, blocking }, 503);
}
