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

async function runEngine(): Promise<void> {
  const { runEngineHost } = await import("./engine/host/engine-host.ts");
  runEngineHost();
}

async function runPlugins(): Promise<void> {
  const { runPluginHost } = await import("./plugin-host/host/plugin-host.ts");
  runPluginHost();
}

const roles = { "engine-host": runEngine, "plugin-host": runPlugins } as const;
const role = findHostRole(readProcessInput().argv);
void (role ? roles[role]() : runProgram());
