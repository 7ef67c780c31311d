import type { TokenLogprob } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";
import { openDatabase } from "../../store/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { createObserver, type ObserverOptions, type TrajectoryRecord } from "./observe.ts";
import { chooseThresholds } from "./thresholds.ts";

export type TrajectoryGround = AsyncDisposable & {
  readonly deps: JudgeDeps;
  /** Lets the time of every sleep that was asked for pass. */
  wakeAll(): void;
  /** Milliseconds of each sleep that was asked for. */
  readonly sleeps: readonly number[];
};

/** What trajectories are built on, over an engine, with a database of their own and a clock that stands. */
export function createGround(engine: Engine, model = "hearth-demo"): TrajectoryGround {
  const folder = createTemporaryFolder();
  const opened: { close(): Promise<void> }[] = [];
  const sleeps: number[] = [];
  let waking: (() => void)[] = [];
  let database: ReturnType<typeof openDatabase> | undefined;
  const deps: JudgeDeps = {
    engine,
    generate: (request, signal) => engine.generate(request, signal),
    library: { find: () => Promise.resolve(undefined) },
    plugins: () => Promise.reject(new Error("no plugins here")),
    async database() {
      database ??= openDatabase(folder.file("hearth.db"));
      const open = await database;
      if (opened.length === 0) opened.push(open);
      return open;
    },
    models: [model],
    clock: {
      now: () => Date.UTC(2026, 0, 1),
      nowMs: () => 0,
      sleep(durationMs, signal) {
        sleeps.push(durationMs);
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        waking.push(resolve);
        return promise;
      },
    },
    random: () => 0.5,
  };
  return {
    deps,
    sleeps,
    wakeAll() {
      const due = waking;
      waking = [];
      for (const wake of due) wake();
    },
    async [Symbol.asyncDispose]() {
      for (const open of opened) await open.close();
      folder[Symbol.dispose]();
      await engine.stop(AbortSignal.abort());
    },
  };
}

/** A token of that probability; the alternatives' probabilities as given, the rest of 1 being elsewhere. */
export function token(probability: number, alternatives: readonly number[] = [0.9, 0.1]): TokenLogprob {
  const alternative = (value: number, id: number) => ({
    ...{ token: id, bytes: new TextEncoder().encode(` t${id}`), logprob: Math.log(value) },
  });
  return { ...alternative(probability, 0), top: alternatives.map(alternative) };
}

export function observe(
  tokens: readonly TokenLogprob[],
  options: Partial<ObserverOptions> = {},
): TrajectoryRecord {
  const observer = createObserver({
    ...{ topK: 10, surpriseProbability: 0.1, thresholds: chooseThresholds({}, undefined) },
    ...options,
  });
  for (const each of tokens) observer.add(each);
  return observer.finish();
}
