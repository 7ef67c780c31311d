export { createServerApp } from "./app.ts";
export type { LogFields, RequestRecord, ServerDeps, ServerLogger, ServerMetrics } from "./deps.ts";
export { isLoopback } from "./origin.ts";
export { type RunningServer, startServer } from "./start-server.ts";
