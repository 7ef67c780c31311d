/** What the tests of the loop share: an engine over the pretended model, and what that model says. */
import type { GenerateRequest } from "../../contract/index.ts";
import { createFakeBackend, type FakeBackendOptions, fakeNextToken } from "../../testing/fake-backend.ts";
import type { HostEvent } from "../protocol.ts";
import { AdapterTable, type AdapterTableOptions } from "./adapters.ts";
import type { Backend } from "./backend.ts";
import { CostTable } from "./cost-table.ts";
import { createJob, type Job } from "./job.ts";
import { KvCache } from "./kv-cache.ts";
import { EngineLoop } from "./loop.ts";
import { prepareRequest } from "./prepare.ts";
import { Scheduler } from "./scheduler.ts";

export type Ask = {
  readonly tokens: readonly number[];
  readonly maxTokens: number;
} & Partial<GenerateRequest>;

export type LoopOptions = {
  readonly parallel: number;
  readonly maxParkedBytes?: number;
  /** The scheduler's clock. */
  readonly nowMs?: () => number;
};

/** An engine over the pretended model, with adapters of these names. */
export function createEngine(options: FakeBackendOptions & LoopOptions) {
  const backend = createFakeBackend(options);
  const files = ["formal", "pirate", "poet"].map((name) => ({ name, path: `${name}.gguf` }));
  const { add, ...engine } = createLoop(backend, options, { adapters: files });
  return {
    ...engine,
    backend,
    add: ({ tokens, ...ask }: Ask) => add({ ...plainRequest, input: { type: "tokens", tokens }, ...ask }),
  };
}

const plainRequest: Omit<GenerateRequest, "input"> = {
  id: "r",
  model: "fake",
  sampling: { seed: 1 },
  stop: [],
  choices: 1,
  entropy: false,
  promptLogprobs: false,
  priority: "interactive",
  tenant: "t",
  cachePrompt: true,
};

/** The loop with all its parts over any backend whose sequences are empty. */
export function createLoop(
  backend: Backend,
  options: LoopOptions,
  table: Pick<AdapterTableOptions, "adapters">,
) {
  const kv = new KvCache(backend, { maxParkedBytes: options.maxParkedBytes ?? 1 << 20 });
  const costs = new CostTable();
  const scheduler = new Scheduler(kv, costs, {
    parallel: options.parallel,
    batchTokens: backend.context.batchTokens,
    maxOutputs: backend.context.maxOutputs,
    nowMs: options.nowMs ?? (() => performance.now()),
  });
  const adapters = new AdapterTable(backend, { ...table, defaultAdapters: [] });
  const loop = new EngineLoop({ backend, kv, scheduler, costs, nowMs: () => 0, watch: (work) => work() });
  const contextTokens = backend.context.sequenceTokens;
  let ids = 0;
  function add(request: GenerateRequest): Job {
    const deps = { backend, push: loop.push.bind(loop), nowMs: 0 };
    const prepared = prepareRequest({ backend, contextTokens, adapters }, request);
    const job = createJob(deps, ++ids, request, prepared);
    loop.add(job);
    return job;
  }
  function drain(maxSteps = 5000) {
    for (let i = 0; loop.hasWork; i++) {
      if (i === maxSteps) throw new Error("the loop does not come to an end");
      loop.step();
    }
    return loop.takeEvents();
  }
  return { kv, scheduler, loop, add, drain };
}

/** What the model says to a prompt when it is alone. */
export function reference(prompt: readonly number[], count: number, adapters = ""): number[] {
  const history = [...prompt];
  for (let i = 0; i < count; i++) history.push(fakeNextToken(history, adapters));
  return history.slice(prompt.length);
}

export const generated = (job: Job, index = 0) => {
  const sequence = job.sequences[index];
  return sequence ? [...sequence.tokens.subarray(sequence.promptLength, sequence.length)] : [];
};
export const keyOf = (job: Job) => job.sequences[0]?.adapters.key ?? "";
export const range = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => (from + i) % 97);

/** The text of a job's answer among the loop's events. */
export function textOf(job: Job, events: readonly HostEvent[]): string {
  let text = "";
  for (const event of events)
    if (event.id === job.id && "event" in event && event.event.type === "text") text += event.event.text;
  return text;
}
