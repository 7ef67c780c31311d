/** Suites over a scripted model, real plugins and a real database. */
import { afterAll } from "bun:test";
import type { GenerateRequest } from "../../contract/index.ts";
import { openDatabase } from "../../store/index.ts";
import {
  createFakeEngine,
  createFakeLibrary,
  createTemporaryFolder,
  type FakeEngineOptions,
  type FakeStep,
} from "../../testing/index.ts";
import { systemJudgeClock } from "../clock.ts";
import type { JudgeDeps } from "../deps.ts";
import { createRunStore } from "../runs/run-store.ts";
import { openRealPlugins } from "../validation/probes/probe-fixture.ts";
import { createValidation } from "../validation/validation.ts";
import { toSuite } from "./parse-suite.ts";
import type { Suite } from "./suite.ts";
import { createSuites } from "./suites.ts";

export type SuiteWorld = Omit<FakeEngineOptions, "script"> & {
  /** What the model says to a request. */
  readonly says?: (request: GenerateRequest) => string | readonly FakeStep[];
  /** Of models; absent: their names. */
  readonly digests?: Readonly<Record<string, string>>;
  readonly deps?: Partial<JudgeDeps>;
};

/** One set of plugin hosts and one database for the tests of a file. */
export function openSuites() {
  const plugins = openRealPlugins();
  const folder = createTemporaryFolder();
  const database = openDatabase(folder.file("hearth.db"));
  afterAll(async () => {
    await plugins[Symbol.asyncDispose]();
    await (await database).close();
    folder[Symbol.dispose]();
  });
  return ({
    says = () => "yes",
    models = ["fake-model"],
    digests = {},
    deps = {},
    ...options
  }: SuiteWorld = {}) => {
    const engine = createFakeEngine({
      ...{ ...options, models },
      script(request) {
        const said = says(request);
        return typeof said === "string" ? [{ text: said }] : said;
      },
    });
    const library = createFakeLibrary({ names: models });
    const judgeDeps: JudgeDeps = {
      generate: (request, signal) => engine.generate(request, signal),
      ...{ engine, models, plugins: plugins.plugins, database: () => database },
      library: {
        async find(name) {
          const record = await library.find(name);
          return record && { ...record, digest: digests[name] ?? `sha256:${name}` };
        },
      },
      ...{ clock: systemJudgeClock, random: () => 0.5 },
      ...deps,
    };
    const runs = createRunStore({
      ...{ database: judgeDeps.database, now: judgeDeps.clock.now },
      ...{ processId: process.pid, isAlive: () => true },
    });
    const suites = createSuites({ ...judgeDeps, runs }, createValidation(judgeDeps));
    return { engine, runs, suites };
  };
}

/** A suite of prompts `p0`, `p1` and so on, each with an expectation. */
export function makeSuite(count: number, changes: object = {}): Suite {
  const cases = Array.from({ length: count }, (_, index) => ({
    ...{ name: `case ${index}`, prompt: `p${index}`, expect: { contains: "yes" } },
  }));
  return toSuite({ name: "suite", cases, ...changes }, "suite.yaml");
}

/** The last thing that a request asks. */
export function promptOf({ input }: GenerateRequest): string {
  return input.type === "chat" ? (input.messages.at(-1)?.content ?? "") : "";
}

export const never = new AbortController().signal;
