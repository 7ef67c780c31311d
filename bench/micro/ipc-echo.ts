/** The other end of the IPC bench: a host that sends back what it gets. */
import { serveHost } from "../../src/process/index.ts";

serveHost<unknown, unknown>({ onMessage: (message, channel) => channel.send(message) });
