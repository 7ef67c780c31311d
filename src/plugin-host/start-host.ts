import { type Host, type StartedHost, spawnHost } from "../process/index.ts";
import { createPriority, type Priority } from "./priority.ts";
import type { FromHost, ToHost } from "./protocol.ts";

const memoryWatchIntervalMs = 100;

export type Connection = { readonly host: Host<ToHost>; readonly priority: Priority };

/** Starts a process for plugins; `onMessage` gets all that it says once it is ready. */
export function startPluginHost(
  onMessage: (message: Exclude<FromHost, { type: "ready" }>) => void,
): StartedHost<Connection> {
  const ready = Promise.withResolvers<Connection>();
  const host = spawnHost<ToHost, FromHost>({
    role: "plugin-host",
    memoryWatchIntervalMs,
    onMessage(message) {
      if (message.type === "ready") ready.resolve({ host, priority });
      else onMessage(message);
    },
  });
  const priority = createPriority(host.pid);
  return { host, ready: ready.promise };
}
