import { expect, test } from "bun:test";
import { AppError, createDoor } from "../../base/index.ts";
import { createJudges, systemJudgeClock } from "../../judges/index.ts";
import { openDatabase } from "../../store/index.ts";
import {
  createFakeEngine,
  createServerRecords,
  createTemporaryFolder,
  type FakeEngineOptions,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

type Wire = Readonly<Record<string, unknown>>;

function openApp(options: FakeEngineOptions = {}) {
  const folder = createTemporaryFolder();
  const database = createDoor(() => openDatabase(folder.file("hearth.db")));
  const engine = createFakeEngine(options);
  const records = createServerRecords({
    engine,
    judges: async () =>
      createJudges({
        ...{ generate: engine.generate, engine, library: records.library, database: database.open },
        ...{ plugins: () => Promise.reject(new Error("no plugins")), models: ["fake-model"] },
        ...{ clock: systemJudgeClock, random: () => 0.5 },
      }),
  });
  const app = createServerApp(records.deps);
  async function post(path: string, body: object) {
    const response = await app.request(`/v1/trajectory${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer: Wire = JSON.parse(await response.text());
    return { status: response.status, answer };
  }
  return {
    ...records,
    post,
    async [Symbol.asyncDispose]() {
      await (await database.settle())?.close();
      folder[Symbol.dispose]();
    },
  };
}

test("an answer comes with canonical figures at the top and those of the earlier system in legacy", async () => {
  await using app = openApp();
  const { status, answer } = await app.post("", { model: "fake-model", prompt: "hi", top_k: 4 });
  expect(status).toBe(200);
  expect(answer).toMatchObject({
    ...{ object: "trajectory", model_name: "fake-model", prompt: "hi", generation_steps: 4 },
    ...{ generated_text: " alpha beta gamma delta", perplexity: expect.closeTo(Math.exp(0.5), 9) },
    gate: { status: "passed", advisory: true },
    legacy: { avg_perplexity: expect.closeTo(Math.exp(0.5), 9), metrics: [{}, {}, {}, {}] },
  });
  expect(app.engine.requests[0]).toMatchObject({ tenant: "local", topLogprobs: 4 });
  expect(app.requests.at(-1)).toMatchObject({ route: "/v1/trajectory", model: "fake-model" });
});

test("a conversation takes the place of a prompt", async () => {
  await using app = openApp();
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "hi" },
  ];
  const { answer } = await app.post("", { model: "fake-model", messages });
  expect(answer).toMatchObject({ messages });
  expect(app.engine.requests[0]?.input).toMatchObject({ messages });
});

test.each([
  [{ model: "fake-model" }, "prompt"],
  [{ prompt: "a", messages: [{ role: "user", content: "b" }] }, "prompt"],
  [{ prompt: "" }, "prompt"],
  [{ prompt: "a".repeat(10_001) }, "prompt"],
  [{ prompt: "a", top_k: 0 }, "top_k"],
  [{ prompt: "a", temperature: -1 }, "temperature"],
  [{ messages: [{ role: "user", content: " " }] }, "messages"],
])("%j is refused naming the field", async (body, param) => {
  await using app = openApp();
  const { status, answer } = await app.post("", body);
  expect(status).toBe(400);
  expect(answer).toMatchObject({ error: { type: "invalid_request_error", param } });
  expect(app.engine.requests).toHaveLength(0);
});

test("a misspelt field is refused and named", async () => {
  await using app = openApp();
  const { status, answer } = await app.post("", { prompt: "a", max_tokens: 5 });
  expect(status).toBe(400);
  expect(JSON.stringify(answer)).toContain("max_tokens");
});

test("a batch answers each item in its place, failures too", async () => {
  const fail = new AppError("inference_error", "the model gave up");
  await using app = openApp({
    script: ({ input }) => (JSON.stringify(input).includes("bad") ? [{ fail }] : [{ text: "fine" }]),
  });
  const items = [{ prompt: "good" }, { prompt: "bad" }, { prompt: "x".repeat(10_001) }];
  const { status, answer } = await app.post("/batch", { items });
  expect(status).toBe(200);
  expect(answer.results).toMatchObject([
    { generated_text: "fine" },
    { error: { code: "inference_error", message: "the model gave up" } },
    { error: { code: "invalid_request", param: "prompt" } },
  ]);
});

test("a batch whose item is malformed is refused naming its place", async () => {
  await using app = openApp();
  const { status, answer } = await app.post("/batch", {
    items: [{ prompt: "a" }, { prompt: "b", seed: -1 }],
  });
  expect(status).toBe(400);
  expect(answer).toMatchObject({ error: { param: "items[1].seed" } });
});

test("a batch of more than a hundred is refused", async () => {
  await using app = openApp();
  const items = Array.from({ length: 101 }, () => ({ prompt: "a" }));
  expect(await app.post("/batch", { items })).toMatchObject({
    status: 400,
    answer: { error: { param: "items" } },
  });
});

test("a text is measured", async () => {
  await using app = openApp();
  const { status, answer } = await app.post("/text", { text: "sixteen letters!", window_tokens: 8 });
  expect(status).toBe(200);
  expect(answer).toMatchObject({ windows: 2, tokens: 16, perplexity: expect.closeTo(Math.exp(0.5), 9) });
  expect(await app.post("/text", { text: "few", window_tokens: 8 })).toMatchObject({ status: 400 });
});

test("a model that is not there is not found", async () => {
  await using app = openApp();
  expect((await app.post("", { model: "nobody", prompt: "a" })).status).toBe(404);
});
