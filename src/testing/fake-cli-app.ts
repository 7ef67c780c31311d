import { openPlugins } from "../app.ts";
import type { CliApp, CliDeps } from "../cli/index.ts";
import type { Config } from "../config/index.ts";
import { createFakeEngine, type FakeEngine, type FakeEngineOptions } from "./fake-engine.ts";
import type { FakeIo } from "./fake-io.ts";
import { createFakeLibrary, type FakeLibrary, type FakeLibraryOptions } from "./fake-library.ts";

export type FakeCli = {
  readonly deps: CliDeps;
  readonly engine: FakeEngine;
  readonly library: FakeLibrary;
  /** The configuration of each application that was created. */
  readonly configs: readonly Config[];
  /** Whether the deadline had passed already, for each stop. */
  readonly stops: readonly boolean[];
};

export type FakeCliOptions = FakeEngineOptions & {
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes the place of loading models. */
  readonly load?: () => Promise<void>;
  readonly library?: FakeLibraryOptions;
};

/** What a command line is given, over a scripted engine and without a port. */
export function createFakeCli({ io }: FakeIo, options: FakeCliOptions = {}): FakeCli {
  const names = ["hearth-demo"];
  const engine = createFakeEngine({ models: names, ...options });
  const library = createFakeLibrary({ names, ...options.library });
  const configs: Config[] = [];
  const stops: boolean[] = [];
  const app: CliApp = {
    engine,
    library,
    models: library.configured,
    generate: (request, signal) => engine.generate(request, signal),
    load: options.load ?? (() => Promise.resolve()),
    listen: () => Promise.resolve({ url: "http://127.0.0.1:4321" }),
    async stop(deadline) {
      stops.push(deadline.aborted);
      await engine.stop(deadline);
    },
  };
  const deps: CliDeps = {
    io,
    environment: options.environment ?? {},
    versions: { hearth: "1.2.3" },
    locateLibraries: (home) => Promise.resolve(`${home}/cache/native`),
    async createApp(config) {
      configs.push(config);
      return app;
    },
    openLibrary: () => Promise.resolve(library),
    openPlugins: (config) => openPlugins(config, { readVariable: (name) => options.environment?.[name] }),
  };
  return { deps, engine, library, configs, stops };
}
