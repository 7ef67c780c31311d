import { type Host, type StartedHost, spawnHost } from "../process/index.ts";
import type { Limits } from "./limits.ts";
import { createPriority, type Priority } from "./priority.ts";
import type { FromHost, ToHost } from "./protocol.ts";

const memoryWatchIntervalMs = 100;

/** Private memory of a host beside its guests', and of how many of its largest guest it may be besides. */
const hostOwnBytes = 256 * 1_048_576;
const guestsAtOnce = 2;

export type Connection = { readonly host: Host<ToHost>; readonly priority: Priority };

/** Private bytes that a host may take which holds a guest of these limits. */
export function hostMemoryLimit({ memoryBytes, blockBytes }: Limits): number {
  return hostOwnBytes + guestsAtOnce * (memoryBytes + blockBytes);
}

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
