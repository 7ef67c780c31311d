import { expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import { runEngineContract } from "../engine/engine.contract.ts";
import { createFakeEngine } from "./fake-engine.ts";

runEngineContract("scripted engine", async () => ({ engine: createFakeEngine(), model: "fake-model" }));

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

test("the scripted engine refuses a request when every place is taken, and frees the place at the end", async () => {
  const gate = Promise.withResolvers<void>();
  const engine = createFakeEngine({
    queueLimit: 1,
    script: () => [{ until: gate.promise }, { text: "late" }],
  });
  const { signal } = new AbortController();
  const running = engine.generate(request, signal)[Symbol.asyncIterator]();
  await running.next();
  const refused = await engine
    .generate(request, signal)
    [Symbol.asyncIterator]()
    .next()
    .catch((error) => error.code);
  expect(refused).toBe("queue_full");
  gate.resolve();
  while (!(await running.next()).done);
  expect(engine.running).toBe(0);
});

test("the scripted engine fails where its script says so, after what came before", async () => {
  const fail = new AppError("host_died", "The engine host died.");
  const engine = createFakeEngine({ script: () => [{ text: "a" }, { fail }, { text: "b" }] });
  const types: GenerateEvent["type"][] = [];
  const reading = (async () => {
    for await (const event of engine.generate(request, new AbortController().signal)) types.push(event.type);
  })();
  expect(await reading.catch((error) => error)).toBe(fail);
  expect(types).toEqual(["started", "text"]);
});
