import type { Config, Environment } from "../config/index.ts";
import type { AnswerEvent, GenerateRequest } from "../contract/index.ts";
import type { Coordinator } from "../coordinator/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Judges } from "../judges/index.ts";
import type { Knowledge } from "../knowledge/index.ts";
import type { ModelLibrary } from "../models/index.ts";
import type { Plugins } from "../plugin-host/index.ts";
import type { CliIo } from "./io.ts";

/** What the commands use of the application that `app.ts` builds. */
export type CliApp = {
  readonly engine: Pick<Engine, "load" | "tokenize" | "estimate" | "estimateRemote">;
  readonly library: ModelLibrary;
  /** Names of the models that the configuration gives. */
  readonly models: readonly string[];
  /** The one path to an answer. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<AnswerEvent>;
  judges(): Promise<Judges>;
  knowledge(): Promise<Knowledge>;
  readonly coordinator: Coordinator;
  /** Loads every model; rejects where none could be. */
  load(): Promise<void>;
  listen(): Promise<{ readonly url: string }>;
  stop(deadline: AbortSignal): Promise<void>;
};

export type CliDeps = {
  readonly io: CliIo;
  readonly environment: Environment;
  createApp(config: Config): Promise<CliApp>;
  /** Every model at hand, without anything to run it. */
  openLibrary(config: Config): Promise<ModelLibrary>;
  /** The plugins that are here, and processes to run them in. */
  openPlugins(config: Config): Promise<Plugins>;
  /** The folder that the native libraries are loaded from. */
  locateLibraries(home: string): Promise<string>;
  /** `hearth` and what it is made of, with versions. */
  readonly versions: Readonly<Record<string, string>> & { readonly hearth: string };
};

/** Takes the exit code of a command that has ended. */
export type Finish = (code: number) => void;
