import { openPlugins } from "../app/index.ts";
import { createDoor } from "../base/index.ts";
import type { CliApp, CliDeps } from "../cli/index.ts";
import type { Config } from "../config/index.ts";
import { createJudges, type JudgeClock, systemJudgeClock } from "../judges/index.ts";
import { createKnowledge } from "../knowledge/index.ts";
import { openHomeDatabase } from "../store/index.ts";
import { createFakeCoordinator } from "./fake-coordinator.ts";
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
  readonly clock?: JudgeClock;
};

/** What a command line is given, over a scripted engine and without a port. */
export function createFakeCli({ io }: FakeIo, options: FakeCliOptions = {}): FakeCli {
  const names = ["hearth-demo"];
  const engine = createFakeEngine({ models: names, ...options });
  const library = createFakeLibrary({ names, ...options.library });
  const configs: Config[] = [];
  const stops: boolean[] = [];
  const openApp = (config: Config): CliApp => {
    const plugins = createDoor(() => openPlugins(config));
    const database = createDoor(() => openHomeDatabase(config.home));
    const knowledge = createDoor(async () =>
      createKnowledge({
        ...{ home: config.home, engine, now: Date.now, logger: { warn: () => undefined } },
        async database() {
          const opened = await database.open();
          await opened.loadVectors(config.home);
          return opened;
        },
      }),
    );
    return {
      engine,
      library,
      knowledge: knowledge.open,
      coordinator: createFakeCoordinator({
        ...{ engine, library, knowledge: knowledge.open, plugins: plugins.open, database: database.open },
      }),
      models: library.configured,
      generate: (request, signal) => engine.generate(request, signal),
      judges: async () =>
        createJudges({
          generate: (request, signal) => engine.generate(request, signal),
          engine,
          library,
          plugins: plugins.open,
          database: database.open,
          models: library.configured,
          clock: options.clock ?? systemJudgeClock,
          random: () => 0.5,
        }),
      load: options.load ?? (() => Promise.resolve()),
      listen: () => Promise.resolve({ url: "http://127.0.0.1:4321" }),
      async stop(deadline) {
        stops.push(deadline.aborted);
        await engine.stop(deadline);
        await (await plugins.settle())?.close();
        await (await database.settle())?.close();
      },
    };
  };
  const deps: CliDeps = {
    io,
    environment: options.environment ?? {},
    versions: { hearth: "1.2.3" },
    locateLibraries: (home) => Promise.resolve(`${home}/cache/native`),
    async createApp(config) {
      configs.push(config);
      return openApp(config);
    },
    openLibrary: () => Promise.resolve(library),
    openPlugins: (config) => openPlugins(config, { readVariable: (name) => options.environment?.[name] }),
  };
  return { deps, engine, library, configs, stops };
}
