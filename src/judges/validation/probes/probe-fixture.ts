/** A scripted model for probes and rubrics, a clock that runs ahead when nothing else can happen, and real plugins. */
import type { GenerateRequest } from "../../../contract/index.ts";
import type { Engine } from "../../../engine/index.ts";
import { createPlugins, silentObserver } from "../../../plugin-host/index.ts";
import { systemClock } from "../../../resilience/index.ts";
import {
  createFakeEngine,
  createFakeLibrary,
  createTemporaryFolder,
  type FakeEngineOptions,
  type FakeStep,
} from "../../../testing/index.ts";
import { systemJudgeClock } from "../../clock.ts";
import type { JudgeClock } from "../../deps.ts";
import type { ProbeDeps } from "./responsiveness.ts";

export type RunningClock = JudgeClock & {
  /** Every sleep that ran its time, in milliseconds. */
  readonly slept: readonly number[];
  /** Moves time on to what falls due next, again and again, until the work is done. */
  run<Value>(work: Promise<Value>): Promise<Value>;
};

export function createRunningClock(): RunningClock {
  let nowMs = 1_000;
  const timers = new Set<{ readonly dueMs: number; readonly durationMs: number; readonly end: () => void }>();
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    nowMs: () => nowMs,
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        const timer = { dueMs: nowMs + durationMs, durationMs, end: resolve };
        timers.add(timer);
        const give = () => {
          timers.delete(timer);
          reject(signal.reason);
        };
        if (signal.aborted) give();
        else signal.addEventListener("abort", give, { once: true });
      }),
    async run(work) {
      let isDone = false;
      const end = () => {
        isDone = true;
      };
      work.then(end, end);
      for (;;) {
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
        if (isDone) return work;
        const next = [...timers].sort((a, b) => a.dueMs - b.dueMs)[0];
        if (!next) continue;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.dueMs);
        slept.push(next.durationMs);
        next.end();
      }
    },
  };
}

type Script = (request: GenerateRequest, call: number) => readonly FakeStep[];

/** Deps over a scripted engine; the script is told which call it is, from 0. */
export function createScriptedDeps(script: Script, options: FakeEngineOptions & { random?: number } = {}) {
  const { random = 0.5, models = ["fake-model", "other-model"], ...rest } = options;
  let calls = 0;
  const engine = createFakeEngine({ ...rest, models, script: (request) => script(request, calls++) });
  const clock = createRunningClock();
  const deps: ProbeDeps = {
    generate: (request, signal) => engine.generate(request, signal),
    ...{ engine, clock, models, random: () => random, library: createFakeLibrary({ names: models }) },
  };
  return { deps, engine, clock };
}

export function createRealDeps(engine: Engine): ProbeDeps {
  return {
    generate: (request, signal) => engine.generate(request, signal),
    ...{ engine, clock: systemJudgeClock, models: ["hearth-demo"], random: () => 0.5 },
    library: createFakeLibrary({ names: ["hearth-demo"] }),
  };
}

/** The project's own plugins, in real plugin hosts. */
export function openRealPlugins() {
  const folder = createTemporaryFolder();
  const plugins = createPlugins({
    ...{ home: folder.path, trustedKeys: [], requireSigned: false, readVariable: () => undefined },
    ...{ clock: systemClock, now: Date.now, observer: silentObserver },
  });
  return {
    plugins: async () => plugins,
    async [Symbol.asyncDispose]() {
      await plugins.close();
      folder[Symbol.dispose]();
    },
  };
}

export const say = (text: string): readonly FakeStep[] => [{ text }];
