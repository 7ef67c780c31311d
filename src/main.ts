import { readProcessInput } from "./config/index.ts";
import { findHostRole } from "./process/index.ts";

async function runProgram(): Promise<void> {
  const [{ createProcessIo, runCli }, { createApp, openLibrary, versions }, { locateLibraries }] =
    await Promise.all([import("./cli/index.ts"), import("./app.ts"), import("./engine/index.ts")]);
  const { argv, environment } = readProcessInput();
  process.exit(
    await runCli(argv, {
      io: createProcessIo(),
      environment,
      createApp,
      openLibrary,
      locateLibraries,
      versions,
    }),
  );
}

async function runEngine(): Promise<void> {
  const { runEngineHost } = await import("./engine/host/engine-host.ts");
  runEngineHost();
}

void (findHostRole(readProcessInput().argv) === "engine-host" ? runEngine() : runProgram());
