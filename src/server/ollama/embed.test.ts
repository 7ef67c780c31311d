import { expect, test } from "bun:test";
import { createOllamaApp, readObject, type Wire } from "./app-fixture.ts";
import { truncateInputs } from "./truncate-inputs.ts";

const model = "fake-model";
const path = "/api/embed";

type Embeddings = {
  model: string;
  embeddings: [number[], ...number[][]];
  prompt_eval_count: number;
  total_duration: number;
  load_duration: number;
};

test("texts become vectors in their order, with the figures of the work", async () => {
  const { post } = createOllamaApp();
  const { total_duration, load_duration, ...body } = readObject<Embeddings>(
    await post(path, { model, input: ["ab", "c"] }),
  );
  expect(total_duration).toBeGreaterThan(0);
  expect(load_duration).toBeGreaterThanOrEqual(0);
  expect(body).toEqual({ model, embeddings: [expect.any(Array), expect.any(Array)], prompt_eval_count: 3 });
  expect(Math.hypot(...body.embeddings[0])).toBeCloseTo(1, 5);
  const single = readObject(await post(path, { model, input: "ab" }));
  expect(single.embeddings).toEqual([body.embeddings[0]]);
});

test("both routes give one text the same vector", async () => {
  const { post } = createOllamaApp();
  const { embeddings } = readObject<Embeddings>(await post(path, { model, input: "hello" }));
  expect(readObject(await post("/api/embeddings", { model, prompt: "hello" }))).toEqual({
    embedding: embeddings[0],
  });
});

test.each([{}, { input: "" }, { input: [] }])("%j loads the model and embeds nothing", async (body: Wire) => {
  const { post, engine } = createOllamaApp({ isLoaded: false });
  expect(readObject(await post(path, { model, ...body })).embeddings).toEqual([]);
  expect(engine.resident()).toHaveLength(1);
});

test("keep_alive and num_ctx reach the load, and hints are named", async () => {
  const { post, engine } = createOllamaApp();
  const options = { num_ctx: 64, num_gpu: 1, warmth: 1 };
  const answer = await post(path, { model, input: "a", keep_alive: "1m", options });
  expect(engine.loads.at(-1)).toEqual({ model, keepAliveMs: 60_000, contextTokens: 64 });
  expect(answer.headers.get("x-hearth-ignored")).toBe("options.warmth, options.num_gpu");
});

test.each([
  ["/api/embed", { input: "a" }],
  ["/api/embeddings", { prompt: "a" }],
  ["/v1/embeddings", { input: "a" }],
  ["/v1/rerank", { query: "a", documents: ["b"] }],
])("%s with keep_alive 0 lets the model go once it has answered", async (route, body) => {
  const { post, engine } = createOllamaApp();
  expect((await post(route, { model, ...body, keep_alive: 0 })).status).toBe(200);
  expect(engine.resident()).toEqual([]);
});

test("fewer dimensions are the first ones at length 1, and more are refused with both numbers", async () => {
  const { post } = createOllamaApp();
  const { embeddings } = readObject<Embeddings>(await post(path, { model, input: "hello", dimensions: 3 }));
  expect(embeddings[0]).toHaveLength(3);
  expect(Math.hypot(...embeddings[0])).toBeCloseTo(1, 5);
  const answer = await post(path, { model, input: "hello", dimensions: 9 });
  expect(answer.status).toBe(400);
  expect(readObject(answer).error).toMatch(/9.*8/);
});

test.each([{}, { truncate: false }])(
  "with %j too long a text is a 400 that names it and both numbers",
  async (body) => {
    const { post } = createOllamaApp({ contextTokens: 4 });
    const answer = await post(path, { model, input: ["ok", "too long"], ...body });
    expect(answer.status).toBe(400);
    expect(readObject(answer).error).toMatch(/^input\[1\]: 8 .*4/);
  },
);

test("where the client says so, too long a text is cut and the header tells", async () => {
  const { post } = createOllamaApp({ contextTokens: 4 });
  const answer = await post(path, { model, input: ["ok", "too long"], truncate: true });
  expect(answer.headers.get("x-hearth-truncated")).toBe("input[1]: 8 to 4 tokens");
  const { embeddings } = readObject<Embeddings>(await post(path, { model, input: ["ok", "too "] }));
  expect(readObject(answer).embeddings).toEqual(embeddings);
});

test("the tokens that a model wants around a text stay when it is cut", async () => {
  const tokenize = async (_model: string, text: string, { addSpecial }: { addSpecial: boolean }) => {
    const plain = [...Buffer.from(text)];
    return { tokens: addSpecial ? [1, ...plain, 2] : plain, pieces: [] };
  };
  const { inputs, truncated } = await truncateInputs(
    { tokenize },
    model,
    ["abc", "abcdef", [7, 8, 9, 7, 8, 9]],
    5,
  );
  expect(inputs).toEqual(["abc", [1, 97, 98, 99, 2], [7, 8, 9, 7, 8]]);
  expect(truncated).toEqual(["input[1]: 8 to 5 tokens", "input[2]: 6 to 5 tokens"]);
});

test("a model that is not here is a 404 on both routes", async () => {
  const { post } = createOllamaApp();
  expect((await post(path, { model: "nope", input: "a" })).status).toBe(404);
  expect((await post("/api/embeddings", { model: "nope", prompt: "a" })).status).toBe(404);
});
