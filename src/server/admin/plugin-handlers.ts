import { AppError } from "../../base/index.ts";
import { PluginFailure, toPluginError } from "../../plugin-host/index.ts";
import { readBody } from "../body.ts";
import type { LogFields } from "../deps.ts";
import { maxPluginBytes } from "../limits.ts";
import { readPathName } from "../path-name.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { toPluginAnswer } from "./plugin-answer.ts";
import { callSchema, decisionSchema } from "./plugin-bodies.ts";
import { toDecisions } from "./plugin-decisions.ts";

export async function handleList(context: AppContext, deps: RouteDeps): Promise<Response> {
  const plugins = await deps.plugins();
  return context.json({ plugins: (await plugins.list()).map(toPluginAnswer) });
}

export async function handleAdd(context: AppContext, deps: RouteDeps): Promise<Response> {
  const bytes = await readModule(context);
  const plugins = await deps.plugins();
  const record = await asError("the module", () => plugins.add({ bytes, source: "api" }));
  const { name, manifest, sha256 } = record;
  tell(context, deps, "plugin_added", { plugin: name, version: manifest.version, sha256 });
  return context.json(toPluginAnswer(record), 201);
}

export async function handleShow(context: AppContext, deps: RouteDeps): Promise<Response> {
  const name = readPathName(context, "name");
  const plugins = await deps.plugins();
  return context.json(toPluginAnswer(await asError(name, () => plugins.get(name))));
}

export async function handleRemove(context: AppContext, deps: RouteDeps): Promise<Response> {
  const name = readPathName(context, "name");
  const plugins = await deps.plugins();
  await asError(name, () => plugins.remove(name));
  tell(context, deps, "plugin_removed", { plugin: name });
  return context.json({ removed: name });
}

export async function handleEnable(context: AppContext, deps: RouteDeps): Promise<Response> {
  return await setEnabled(context, deps, true);
}

export async function handleDisable(context: AppContext, deps: RouteDeps): Promise<Response> {
  return await setEnabled(context, deps, false);
}

async function setEnabled(context: AppContext, deps: RouteDeps, isEnabled: boolean): Promise<Response> {
  const name = readPathName(context, "name");
  const plugins = await deps.plugins();
  const record = await asError(name, () => plugins.setEnabled(name, isEnabled));
  tell(context, deps, isEnabled ? "plugin_enabled" : "plugin_disabled", { plugin: name });
  return context.json(toPluginAnswer(record));
}

export async function handleGrants(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, decisionSchema());
  const name = readPathName(context, "name");
  const plugins = await deps.plugins();
  const mayNameVariables = deps.adminKeys.length > 0;
  const record = await asError(name, () =>
    plugins.update(name, (before) => toDecisions(before, body, { mayNameVariables })),
  );
  tell(context, deps, "plugin_decided", {
    plugin: name,
    grants: Object.keys(record.grants),
    configKeys: Object.keys(record.config),
    limits: record.limits,
  });
  return context.json(toPluginAnswer(record));
}

export async function handleLogs(context: AppContext, deps: RouteDeps): Promise<Response> {
  const name = readPathName(context, "name");
  const plugins = await deps.plugins();
  await asError(name, () => plugins.get(name));
  const lines = plugins.logs(name).map(({ atMs, level, text, requestId }) => ({
    ...{ at: new Date(atMs).toISOString(), level, text, request_id: requestId ?? null },
  }));
  return context.json({ logs: lines });
}

export async function handleCall(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { export: name, input } = await readBody(context, callSchema());
  if (input === undefined) {
    const message = "input: expected what the plugin is to be given, in JSON";
    throw new AppError("invalid_request", message, { details: { param: "input" } });
  }
  const plugin = readPathName(context, "name");
  const { requestId, abort, isLocal } = context.get("scope");
  const call = {
    ...{ input, requestId, signal: abort.signal },
    ...(name !== undefined && { export: name }),
    ...(isLocal && { privacy: "local" as const }),
  };
  const result = await (await deps.plugins()).call(plugin, call);
  if (!result.ok) throw toPluginError(plugin, result.failure);
  const output =
    result.output instanceof Uint8Array ? new TextDecoder().decode(result.output) : result.output;
  return context.json({ output, duration_ms: Number(result.report.durationMs.toFixed(3)) });
}

/** Who changes what plugins may do leaves a trace, as the host does of what plugins do. */
function tell(context: AppContext, deps: RouteDeps, event: string, fields: LogFields): void {
  deps.logger.info(event, { ...fields, requestId: context.get("scope").requestId });
}

async function readModule(context: AppContext): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of context.req.raw.body ?? []) {
    size += chunk.byteLength;
    if (size > maxPluginBytes) {
      throw new AppError("body_too_large", `The module is larger than ${maxPluginBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  context.env?.server?.timeout(context.req.raw, 0);
  return Buffer.concat(chunks);
}

/** Failures of plugins are values elsewhere; here there is nobody else to tell. */
async function asError<T>(plugin: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PluginFailure) throw toPluginError(plugin, error);
    throw error;
  }
}
