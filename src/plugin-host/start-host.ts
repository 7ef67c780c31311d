import { setPriority } from "node:os";
import { type Host, type StartedHost, spawnHost } from "../process/index.ts";
import type { FromHost, ToHost } from "./protocol.ts";

/** Hosts give way to the engines, which people wait for. */
const hostNiceness = 10;
const memoryWatchIntervalMs = 100;

export type Connection = { readonly host: Host<ToHost> };

/** Starts a process for plugins; `onMessage` gets all that it says once it is ready. */
export function startPluginHost(
  onMessage: (message: Exclude<FromHost, { type: "ready" }>) => void,
): StartedHost<Connection> {
  const ready = Promise.withResolvers<Connection>();
  const host = spawnHost<ToHost, FromHost>({
    role: "plugin-host",
    memoryWatchIntervalMs,
    onMessage(message) {
      if (message.type === "ready") ready.resolve({ host });
      else onMessage(message);
    },
  });
  lowerPriority(host.pid);
  return { host, ready: ready.promise };
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, hostNiceness);
  } catch {
    // Without it plugins compete with engines on equal terms, which is slower but not wrong.
  }
}
