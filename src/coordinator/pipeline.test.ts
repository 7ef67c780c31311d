import { expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import type { AnswerEvent, GenerateRequest } from "../contract/index.ts";
import {
  createFakeCoordinator,
  createFakeEngine,
  createFakeLibrary,
  type FakeEngineOptions,
} from "../testing/index.ts";
import { type GenerationRecord, generate, type PipelineDeps } from "./index.ts";

const request: GenerateRequest = {
  id: "request-1",
  model: "fake-model",
  input: { type: "text", text: "hello" },
  sampling: {},
  stop: [],
  choices: 1,
  entropy: false,
  promptLogprobs: false,
  priority: "interactive",
  tenant: "local",
  cachePrompt: true,
};

function createDeps(options: FakeEngineOptions = {}, changes: Partial<PipelineDeps> = {}) {
  const records: GenerationRecord[] = [];
  const errors: string[] = [];
  let timeMs = 0;
  const engine = createFakeEngine(options);
  const deps: PipelineDeps = {
    engine,
    coordinator: createFakeCoordinator({ engine, library: createFakeLibrary() }),
    knowledge: () => Promise.reject(new Error("this test has no knowledge")),
    judges: () => Promise.reject(new Error("this test has no judges")),
    record: (record) => void records.push(record),
    logger: { error: (event) => void errors.push(event) },
    nowMs: () => timeMs++,
    ...changes,
  };
  return { deps, records, errors };
}

async function run(
  deps: PipelineDeps,
  changes: Partial<GenerateRequest> = {},
  signal = new AbortController().signal,
) {
  const events: AnswerEvent[] = [];
  try {
    for await (const event of generate(deps, { ...request, ...changes }, signal)) events.push(event);
  } catch (error) {
    return { events, code: error instanceof AppError ? error.code : error };
  }
  return { events, code: undefined };
}

test("the engine's events come through unchanged and are recorded with their times", async () => {
  const { deps, records } = createDeps({ script: () => [{ text: "a" }, { text: "b" }, { text: "c" }] });
  const { events } = await run(deps);
  expect(events.map((event) => event.type)).toEqual([
    "receipt",
    "started",
    "text",
    "text",
    "text",
    "finish",
    "done",
  ]);
  expect(records).toEqual([
    {
      id: "request-1",
      request,
      answer: "abc",
      receipt: {
        answeredBy: "fake-model",
        cache: { outcome: "off" },
        route: {
          ...{ kind: "local", asked: "fake-model", rule: "named", reason: "the request names it" },
          attempts: [{ model: "fake-model", outcome: "answered" }],
        },
      },
      model: "fake-model",
      tenant: "local",
      outcome: "finished",
      ttftMs: 1,
      interTokenMs: [1, 1],
      e2eMs: 4,
      usage: { promptTokens: 5, cachedTokens: 0, completionTokens: 3, reasoningTokens: 0 },
      timings: { loadMs: 0, queueMs: 1, prefillMs: 2, decodeMs: 4 },
    },
  ]);
});

test("side work that fails is logged and does not touch the reply", async () => {
  const record = () => {
    throw new Error("the disk is full");
  };
  const { deps, errors } = createDeps({}, { record });
  const { events, code } = await run(deps);
  expect(code).toBeUndefined();
  expect(events.at(-1)?.type).toBe("done");
  expect(errors).toEqual(["record_failed"]);
});

test("a failure of the engine is thrown and recorded with its code", async () => {
  const { deps, records } = createDeps({
    script: () => [{ text: "a" }, { fail: new AppError("host_died", "gone") }],
  });
  expect((await run(deps)).code).toBe("host_died");
  expect(records[0]).toMatchObject({ outcome: "failed", errorCode: "host_died" });
});

test("an abort is recorded as cancelled, and its own reason is thrown where it has one", async () => {
  const { deps, records } = createDeps();
  expect((await run(deps, {}, AbortSignal.abort())).code).toBe("cancelled");
  const reason = new AppError("shutting_down", "The server stops.");
  expect((await run(deps, {}, AbortSignal.abort(reason))).code).toBe("shutting_down");
  expect(records.map((record) => record.outcome)).toEqual(["cancelled", "failed"]);
});

test("a reader that stops early is recorded as cancelled", async () => {
  const { deps, records } = createDeps();
  for await (const event of generate(deps, request, new AbortController().signal)) {
    if (event.type === "text") break;
  }
  expect(records[0]?.outcome).toBe("cancelled");
});

test("what a model cannot do is refused before the engine is asked", async () => {
  const engine = createFakeEngine();
  const { deps } = createDeps({}, { engine });
  expect((await run(deps, { model: "nope" })).code).toBe("model_not_found");
  expect((await run(deps, { input: { type: "infill", prefix: "a", suffix: "b" } })).code).toBe(
    "invalid_request",
  );
  expect(engine.requests).toEqual([]);
});
