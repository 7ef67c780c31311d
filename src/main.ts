import { readProcessInput } from "./config/index.ts";
import { findHostRole } from "./process/index.ts";

async function runProgram(): Promise<void> {
  const [{ createProcessIo, runCli }, app, { locateLibraries }] = await Promise.all([
    import("./cli/index.ts"),
    import("./app/index.ts"),
    import("./engine/index.ts"),
  ]);
  const { argv, environment } = readProcessInput();
  process.exit(await runCli(argv, { io: createProcessIo(), environment, ...app, locateLibraries }));
}

const roles = {
  "engine-host": async () => (await import("./engine/host/engine-host.ts")).runEngineHost(),
  "plugin-host": async () => (await import("./plugin-host/host/plugin-host.ts")).runPluginHost(),
  "reader-host": async () => (await import("./knowledge/indexing/readers/reader-host.ts")).runReaderHost(),
} as const;
const role = findHostRole(readProcessInput().argv);
void (role ? roles[role]() : runProgram());
