import { AppError } from "../base/index.ts";
import { dieWithParent } from "./die-with-parent.ts";

export type HostChannel<Out> = {
  /** Queues a message to the server. What is queued when the process exits may be lost. */
  send(message: Out): void;
};

/**
 * The child's side of `spawnHost`. The host ends when the server does, however the server ended;
 * terminal and service signals, which reach the whole process group, are left to the server.
 */
export function serveHost<In, Out>(options: {
  readonly onMessage: (message: In, channel: HostChannel<Out>) => void;
}): HostChannel<Out> {
  const send = process.send?.bind(process);
  if (!send) {
    throw new AppError(
      "invalid_request",
      "a host is started by the server and does nothing alone; run: hearth serve",
    );
  }
  dieWithParent();
  const channel: HostChannel<Out> = { send: (message) => void send(message) };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message: In) => options.onMessage(message, channel));
  return channel;
}
