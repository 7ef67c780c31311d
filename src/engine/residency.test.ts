import { describe, expect, test } from "bun:test";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import type { GenerateRequest } from "../contract/index.ts";
import { describeFile } from "../models/index.ts";
import {
  collectText,
  createChatRequest,
  createRealEngine,
  createTemporaryFolder,
  demoModelPath,
  findTestModel,
  type RealEngineOptions,
  waitUntil,
} from "../testing/index.ts";
import type { Engine } from "./engine.ts";
import type { HostRequest } from "./protocol.ts";
import { createHostSource } from "./spare-host.ts";

const never = new AbortController().signal;
const names = ["one", "two", "three"] as const;

async function createThree(options: RealEngineOptions = {}) {
  const folder = createTemporaryFolder();
  const models = names.map((id) => ({ id, path: folder.file(`${id}.gguf`) }));
  for (const { path } of models) copyFileSync(demoModelPath, path);
  const unloaded: string[] = [];
  const waits: number[] = [];
  const engine = await createRealEngine(
    { models, queue: 64, ...options },
    {
      modelUnloaded: (model, reason) => unloaded.push(`${model} ${reason}`),
      roomWaited: (_, durationMs) => waits.push(durationMs),
    },
  );
  return {
    engine,
    unloaded,
    waits,
    path: (name: string) => folder.file(`${name}.gguf`),
    async [Symbol.asyncDispose]() {
      await engine.stop(AbortSignal.abort());
      folder[Symbol.dispose]();
    },
  };
}

const ask = (engine: Engine, model: string, changes = {}) =>
  collectText(
    engine.generate(createChatRequest("Reply with exactly: pong-42", { model, ...changes }), never),
  );

describe("three models where there is room for one", () => {
  test("all answer, whoever asks at the same time, and never are two in memory", async () => {
    await using given = await createThree({ residency: { maxModels: 1 } });
    const { engine } = given;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, engine.resident().length);
    }, 1);
    const answers = await Promise.all(Array.from({ length: 24 }, (_, i) => ask(engine, names[i % 3] ?? "")));
    clearInterval(watch);
    expect(answers).toEqual(answers.map(() => "pong-42"));
    expect(most).toBe(1);
    expect(engine.residencyStats()).toMatchObject({ misses: 24, waiting: 0 });
    expect(given.waits.length).toBeGreaterThan(0);
    expect(given.unloaded).toContain("one room");
  });

  test("a running answer is never cut off by another model's turn", async () => {
    await using given = await createThree({ residency: { maxModels: 1 } });
    const { engine } = given;
    const sampling = { temperature: 1, seed: 1, ignoreEndOfSequence: true };
    const long = ask(engine, "one", { sampling, maxTokens: 400 });
    await waitUntil("the first model is loaded", () => engine.resident().at(0)?.state === "ready");
    const other = ask(engine, "two");
    expect((await long).length).toBeGreaterThan(100);
    expect(await other).toBe("pong-42");
  });

  test("one that can never fit is refused at once with both numbers", async () => {
    await using given = await createThree({ residency: { budgetBytes: 1_000_000 } });
    await expect(ask(given.engine, "one")).rejects.toMatchObject({
      code: "model_too_large",
      message: expect.stringMatching(/\d/),
    });
    expect(given.engine.resident()).toEqual([]);
  });
});

test("an answer says how long its model took to load, and the next one nothing", async () => {
  await using given = await createThree();
  const loadTimes: number[] = [];
  for (let i = 0; i < 2; i += 1) {
    for await (const event of given.engine.generate(createChatRequest("hi", { model: "one" }), never))
      if (event.type === "done") loadTimes.push(event.timings.loadMs);
  }
  expect(loadTimes[0]).toBeGreaterThan(0);
  expect(loadTimes[1]).toBe(0);
});

test("a load that nobody waits for any more makes room for another, and is no failure", async () => {
  await using given = await createThree({ residency: { maxModels: 1 } });
  const { engine } = given;
  const leaving = new AbortController();
  const left = engine.load("one", {}, leaving.signal).catch((error: unknown) => error);
  await waitUntil("it is loading", () => engine.resident().at(0)?.state === "loading");
  leaving.abort(new Error("left"));
  expect(await left).toMatchObject({ message: "left" });
  expect(await ask(engine, "two")).toBe("pong-42");
  expect(await engine.find("one")).not.toHaveProperty("lastError");
  expect(engine.resident().map(({ id }) => id)).toEqual(["two"]);
});

test("keep-alive 0 unloads a model when its answer has ended", async () => {
  await using given = await createThree();
  await ask(given.engine, "one", { keepAliveMs: 0 });
  await waitUntil("it is gone", () => given.engine.resident().length === 0);
  expect(given.unloaded).toEqual(["one expired"]);
  expect((await given.engine.find("one")).state).toBe("stopped");
  expect(given.engine.isReady()).toBe(true);
});

test("a model is unloaded when asked to, and loaded again by the next request", async () => {
  await using given = await createThree();
  await ask(given.engine, "one");
  expect(await given.engine.unload("one")).toBe(true);
  expect(await given.engine.unload("one")).toBe(false);
  expect(await ask(given.engine, "one")).toBe("pong-42");
});

test("a larger context is loaded when a request asks for it", async () => {
  await using given = await createThree({ contextTokens: 256 });
  expect((await given.engine.load("one")).contextTokens).toBe(256);
  expect((await given.engine.load("one", { contextTokens: 1024 })).contextTokens).toBe(1024);
  expect((await given.engine.load("one")).contextTokens).toBe(1024);
  expect(given.unloaded).toEqual(["one reload"]);
});

test("preloading takes what fits and names what does not", async () => {
  await using given = await createThree({ residency: { maxModels: 2 } });
  const result = await given.engine.preload(["one", "two", "three", "four"], { maxModels: 8, signal: never });
  expect(result).toMatchObject({ loaded: ["one", "two"], left: ["three"], failed: [{ id: "four" }] });
  expect(given.engine.resident().map(({ id, state }) => `${id} ${state}`)).toEqual([
    "one ready",
    "two ready",
  ]);
});

test("a model whose file has gone fails for itself alone when models are preloaded", async () => {
  await using given = await createThree();
  rmSync(given.path("two"));
  const result = await given.engine.preload(["one", "two", "three"], { maxModels: 8, signal: never });
  expect(result).toMatchObject({ loaded: ["one", "three"], failed: [{ id: "two" }] });
  await expect(ask(given.engine, "two")).rejects.toThrow("there is no file");
});

test("two names of one model share a process", async () => {
  const record = describeFile(demoModelPath, { name: "first", source: "file" });
  const engine = await createRealEngine({ models: [record, { ...record, name: "second" }] });
  await ask(engine, "first");
  await ask(engine, "second");
  expect(engine.resident().map(({ id }) => id)).toEqual(["first"]);
  expect([(await engine.find("first")).id, (await engine.find("second")).id]).toEqual(["first", "second"]);
  await engine.stop(AbortSignal.abort());
});

test("a model that fails on demand leaves a server ready that was not started for it", async () => {
  await using given = await createThree();
  await given.engine.preload(["one"], { maxModels: 8, signal: never });
  await given.engine.unload("one");
  const source = given.path("two");
  await given.engine.find("two");
  rmSync(source);
  writeFileSync(source, "no model");
  await expect(ask(given.engine, "two")).rejects.toThrow();
  expect(given.engine.isReady()).toBe(true);
});

test("a host that takes the place of one that died is told the limits that have changed", async () => {
  const told: HostRequest[] = [];
  const source = createHostSource();
  let pid = 0;
  const start: typeof source.start = (receive) => {
    const host = source.start(receive);
    pid = host.pid;
    const send = (message: HostRequest) => {
      told.push(message);
      host.send(message);
    };
    return Object.assign(Object.create(host), { send });
  };
  const engine = await createRealEngine({ hosts: { start, close: () => source.close() } });
  expect(await ask(engine, "hearth-demo")).toBe("pong-42");
  engine.adapt({ parallel: 2, kvType: "f16", gpuLayers: 0, maxModels: 4, threads: 1 });
  const died = pid;
  told.length = 0;
  process.kill(died, "SIGKILL");
  await waitUntil("another has started", () => pid !== died);
  expect(await ask(engine, "hearth-demo")).toBe("pong-42");
  expect(told).toContainEqual(expect.objectContaining({ type: "limit", parallel: 2, threads: 1 }));
  await engine.stop(AbortSignal.abort());
});

test("what follows an answer is asked within its lease, so models that wait for each other's room all answer", async () => {
  await using given = await createThree({ residency: { maxModels: 1 } });
  const converse = async (model: string) => {
    const request = createChatRequest("Reply with exactly: pong-42", { model });
    const conversation = { turn: request.input, earlier: [] };
    let told: readonly number[] = [];
    for await (const event of given.engine.generate({ ...request, conversation }, never))
      if (event.type === "done") told = event.conversation ?? [];
    return await given.engine.detokenize(model, told);
  };
  const texts = await Promise.all(Array.from({ length: 6 }, (_, i) => converse(names[i % 3] ?? "")));
  for (const text of texts) expect(text).toContain("pong-42");
});

const stories = findTestModel("stories260K.gguf");
const lora = findTestModel("synthetic-stories260K-lora.gguf");

describe.skipIf(stories === undefined || lora === undefined)("LoRA adapters", () => {
  const models = () => [
    describeFile(stories ?? "", { name: "stories", source: "file" }),
    describeFile(lora ?? "", { name: "style", source: "file" }),
  ];
  const request = (changes: Partial<GenerateRequest>) =>
    createChatRequest("", {
      model: "stories",
      input: { type: "text", text: "Once upon a time" },
      maxTokens: 16,
      ...changes,
    });

  test("change an answer by their scale, for the request that names them alone", async () => {
    const engine = await createRealEngine({ models: models() });
    const tell = (changes: Partial<GenerateRequest> = {}) =>
      collectText(engine.generate(request(changes), never));
    const [plain, styled, silent] = await Promise.all([
      tell(),
      tell({ adapters: [{ name: "style", scale: 1 }] }),
      tell({ adapters: [{ name: "style", scale: 0 }] }),
    ]);
    expect(silent).toBe(plain);
    expect(styled).not.toBe(plain);
    expect(await tell()).toBe(plain);
    await engine.stop(AbortSignal.abort());
  });

  test("are no models to be asked", async () => {
    const engine = await createRealEngine({ models: models() });
    expect((await engine.models()).map(({ id }) => id)).toEqual(["stories"]);
    await expect(engine.load("style")).rejects.toMatchObject({
      code: "model_not_found",
      message: expect.stringContaining("is an adapter"),
    });
    await engine.stop(AbortSignal.abort());
  });

  test("that are not here, or are models, are refused by name", async () => {
    const engine = await createRealEngine({ models: models() });
    const refusal = (name: string) =>
      expect(collectText(engine.generate(request({ adapters: [{ name, scale: 1 }] }), never))).rejects;
    await refusal("absent").toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining('"absent"'),
    });
    await refusal("stories").toMatchObject({ message: expect.stringContaining("is a model and no adapter") });
    await engine.stop(AbortSignal.abort());
  });
});

test("a request that asks for less context than is loaded is held to it", async () => {
  await using given = await createThree();
  await expect(ask(given.engine, "one", { contextTokens: 16 })).rejects.toMatchObject({
    code: "context_limit_exceeded",
    details: { max: 16 },
  });
});
