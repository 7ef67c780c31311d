import { afterAll, expect, test } from "bun:test";
import { openPlugins } from "../app/index.ts";
import { loadConfig } from "../config/index.ts";
import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import { createJudges, type Judges, systemJudgeClock } from "../judges/index.ts";
import { openHomeDatabase } from "../store/index.ts";
import {
  createChatRequest,
  createFakeCoordinator,
  createFakeEngine,
  createFakeLibrary,
  createTemporaryFolder,
  type FakeEngine,
  type FakeEngineOptions,
} from "../testing/index.ts";
import { generate, type PipelineDeps } from "./index.ts";

const folder = createTemporaryFolder();
const config = await loadConfig({ flags: { home: folder.path }, environment: {} });
const plugins = await openPlugins(config);
const database = await openHomeDatabase(folder.path);
afterAll(async () => {
  await plugins.close();
  await database.close();
  folder[Symbol.dispose]();
});

type Setup = {
  readonly engine: FakeEngine;
  readonly deps: PipelineDeps;
  /** How often judges were asked for. */
  opened(): number;
};

function createSetup(options: FakeEngineOptions = {}): Setup {
  const engine = createFakeEngine(options);
  let opened = 0;
  const open = async (): Promise<Judges> => {
    opened++;
    return createJudges({
      ...{ engine, generate: (request, signal) => engine.generate(request, signal) },
      ...{ library: createFakeLibrary({ names: ["fake-model"] }), models: ["fake-model"] },
      ...{ plugins: async () => plugins, database: async () => database },
      ...{ clock: systemJudgeClock, random: () => 0.5 },
    });
  };
  const logger = { error: () => undefined };
  const coordinator = createFakeCoordinator({ engine, library: createFakeLibrary() });
  const knowledge = () => Promise.reject(new Error("this test has no knowledge"));
  const deps = {
    engine,
    coordinator,
    knowledge,
    judges: open,
    record: () => undefined,
    logger,
    nowMs: () => 0,
  };
  return { engine, deps, opened: () => opened };
}

async function collect({ deps }: Setup, changes: Partial<GenerateRequest>) {
  const request = createChatRequest("What is the capital of France?", { model: "fake-model", ...changes });
  const events: GenerateEvent[] = [];
  for await (const event of generate(deps, request, new AbortController().signal))
    if (event.type !== "receipt") events.push(event);
  return { events, judged: events.filter((event) => event.type === "judged") };
}

const paris = { script: () => [{ text: "The capital is Lyon, " }, { text: "they say." }] };

test("judges are not even opened for a request that asks for none", async () => {
  const setup = createSetup();
  const { judged } = await collect(setup, {});
  expect(judged).toEqual([]);
  expect(setup.opened()).toBe(0);
});

test("what judges say of a choice comes after its last word and before the end", async () => {
  const criteria = { preset: "none", judges: ["grounding"] };
  const context = ["The capital of France is Paris."];
  const { events, judged } = await collect(createSetup(paris), {
    judging: { criteria, context, trajectory: false },
  });
  expect(events.map(({ type }) => type)).toEqual(["started", "text", "text", "finish", "judged", "done"]);
  expect(judged).toMatchObject([
    { choice: 0, judgement: { opinions: [{ judge: "grounding" }], pass: expect.any(Boolean) } },
  ]);
});

test("each choice is judged by itself", async () => {
  const script = (_: GenerateRequest, choice: number) => [
    { text: choice === 0 ? "hm" : "a long enough answer" },
  ];
  const { judged } = await collect(createSetup({ script }), {
    choices: 2,
    judging: { criteria: { preset: "none", min_response_length: 10 }, trajectory: false },
  });
  expect(judged).toMatchObject([
    { choice: 0, judgement: { verdict: "fail" } },
    { choice: 1, judgement: { verdict: "pass" } },
  ]);
});

test.each([
  [{ judges: ["nobody"] }, /nobody/],
  [{ min_coherence_score: 2 }, /hearth\.criteria\.min_coherence_score/],
  [{ mood: "good" }, /hearth\.criteria\.mood/],
])("criteria %j are refused before the model is asked", async (criteria, message) => {
  const setup = createSetup();
  const asked = collect(setup, { judging: { criteria, trajectory: false } });
  await expect(asked).rejects.toMatchObject({
    code: "invalid_request",
    message: expect.stringMatching(message),
  });
  expect(setup.engine.requests).toEqual([]);
});

test("a trajectory is measured on probabilities that the client is not shown", async () => {
  const { events, judged } = await collect(createSetup(), { judging: { trajectory: true } });
  expect(judged).toMatchObject([{ trajectory: { tokens: 4, perplexity: expect.any(Number) } }]);
  expect(events.some(({ type }) => type === "logprobs")).toBe(false);
});

test("a client that asked for two alternatives sees two and no entropy", async () => {
  const { events } = await collect(createSetup(), { topLogprobs: 2, judging: { trajectory: true } });
  const tokens = events.flatMap((event) => (event.type === "logprobs" ? event.tokens : []));
  expect(tokens.map(({ top, entropy }) => [top.length, entropy])).toEqual(Array(4).fill([2, undefined]));
});
