import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { callSchema, decisionSchema } from "./plugin-bodies.ts";
import { pluginPath } from "./plugin-errors.ts";

type Handlers = typeof import("./plugin-handlers.ts");

/** Plugins are loaded with the first request for one: a server that has none starts without them. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./plugin-handlers.ts");
    return await handlers[name](context, deps);
  };
}

const shared = { group: "Plugins", access: "admin", answers: "application/json" } as const;
const one = `${pluginPath}/:name`;

export const pluginRoutes: readonly Route[] = [
  { ...shared, method: "get", path: pluginPath, summary: "List plugins", handle: later("handleList") },
  {
    ...shared,
    method: "post",
    path: pluginPath,
    summary: "Add a plugin: the body is its .wasm file; a new one is granted nothing yet",
    takes: "file",
    handle: later("handleAdd"),
  },
  { ...shared, method: "get", path: one, summary: "Show a plugin", handle: later("handleShow") },
  {
    ...shared,
    method: "delete",
    path: one,
    summary: "Remove a plugin and what it stored",
    handle: later("handleRemove"),
  },
  {
    ...shared,
    method: "post",
    path: `${one}/enable`,
    summary: "Let a plugin run, out of quarantine too",
    handle: later("handleEnable"),
  },
  {
    ...shared,
    method: "post",
    path: `${one}/disable`,
    summary: "Switch a plugin off",
    handle: later("handleDisable"),
  },
  {
    ...shared,
    method: "post",
    path: `${one}/grants`,
    summary: "Set what a plugin may do: names of permissions, values of config keys, limits",
    body: decisionSchema,
    handle: later("handleGrants"),
  },
  {
    ...shared,
    method: "get",
    path: `${one}/logs`,
    summary: "What a plugin logged last",
    handle: later("handleLogs"),
  },
  {
    ...shared,
    method: "post",
    path: `${one}/call`,
    summary: "Call a plugin in its sandbox",
    body: callSchema,
    handle: later("handleCall"),
  },
];
