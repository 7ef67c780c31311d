export type { CliApp, CliDeps } from "./deps.ts";
export { type CliIo, createProcessIo, type StopSignal } from "./io.ts";
export { runCli } from "./run-cli.ts";
