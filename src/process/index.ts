export { findHostRole, type HostRole, isCompiled } from "./command.ts";
export { describeExit } from "./exit-errors.ts";
export { isProcessAlive } from "./is-process-alive.ts";
export { readPrivateMemoryBytes } from "./memory.ts";
export { type HostChannel, serveHost } from "./serve-host.ts";
export {
  type Host,
  type HostExit,
  type HostHandle,
  type KillReason,
  type SpawnOptions,
  spawnHost,
} from "./spawn-host.ts";
export { type StartedHost, Supervisor, type SupervisorOptions, type SupervisorState } from "./supervisor.ts";
export { type Watchdog, watchDeadline } from "./watchdog.ts";
