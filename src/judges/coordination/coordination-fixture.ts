import type { GenerateRequest } from "../../contract/index.ts";
import { openDatabase } from "../../store/index.ts";
import {
  createFakeEngine,
  createFakeLibrary,
  createTemporaryFolder,
  type FakeEngineOptions,
  type FakeStep,
} from "../../testing/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { createRunStore } from "../runs/run-store.ts";
import { createCoordination } from "./coordination.ts";
import { type CoordinationSpec, parseCoordinationSpec } from "./spec.ts";

export type FixtureOptions = Omit<FakeEngineOptions, "script"> & {
  /** What an agent says; by default the seed it was given. */
  readonly says?: (request: GenerateRequest) => string | readonly FakeStep[];
  /** What the judge gives an answer, from 0 to 10, or what it says instead. */
  readonly judges?: (material: string) => number | string;
};

/** A coordination over a scripted engine and a real database, with a clock that is moved by hand. */
export async function openCoordination({ says, judges = () => 8, ...options }: FixtureOptions = {}) {
  const folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const names = options.models ?? ["fake-model"];
  const engine = createFakeEngine({
    ...options,
    script(request) {
      const answer = isJudging(request)
        ? toReply(request, judges)
        : (says?.(request) ?? `seed ${seedOf(request)}`);
      return typeof answer === "string" ? toSteps(answer) : answer;
    },
  });
  const time = { ms: Date.UTC(2026, 0, 1) };
  const deps: JudgeDeps = {
    generate: (request, signal) => engine.generate(request, signal),
    engine,
    library: createFakeLibrary({ names }),
    plugins: () => Promise.reject(new Error("no plugins here")),
    database: async () => database,
    models: names,
    clock: { now: () => time.ms, nowMs: () => time.ms, sleep: () => Promise.resolve() },
    random: () => 0.25,
  };
  const runs = createRunStore({
    ...{ database: deps.database, now: deps.clock.now, processId: process.pid, isAlive: () => true },
  });
  return {
    ...{ engine, deps, database, folder, runs, time, coordination: createCoordination(deps, runs) },
    /** Requests of agents, without those of the judge. */
    asked: () => engine.requests.filter((request) => !isJudging(request)),
    judged: () => engine.requests.filter(isJudging),
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

export function specOf(fields: object = {}): CoordinationSpec {
  return parseCoordinationSpec({
    task: "How high is Mont Blanc?",
    repeats: 1,
    compute_matched: false,
    ...fields,
  });
}

export function promptOf({ input }: GenerateRequest): string {
  return input.type === "chat" ? input.messages.map(({ content }) => content).join("\n") : "";
}

export function seedOf({ sampling }: GenerateRequest): number {
  return sampling.seed ?? -1;
}

export function toSteps(text: string): readonly FakeStep[] {
  return (text.match(/\s*\S+/g) ?? []).map((word) => ({ text: word }));
}

function isJudging({ constraint }: GenerateRequest): boolean {
  return constraint !== undefined;
}

/** The reply that the rubric's schema asks for, with the same score for each criterion. */
function toReply(request: GenerateRequest, judges: (material: string) => number | string): string {
  const score = judges(promptOf(request));
  if (typeof score === "string") return score;
  const schema = request.constraint?.type === "json-schema" ? request.constraint.schema : undefined;
  const { required = [] } = schema as { readonly required?: readonly string[] };
  return JSON.stringify(Object.fromEntries(required.map((name) => [name, score])));
}
