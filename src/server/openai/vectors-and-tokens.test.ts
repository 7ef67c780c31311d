import { describe, expect, test } from "bun:test";
import { createFakeEngine, createServerRecords, type FakeEngineOptions } from "../../testing/index.ts";
import { createServerApp } from "../app.ts";
import { maxEmbeddingInputs } from "../limits.ts";
import { shortenVector } from "../shorten-vector.ts";

function createApp(options: FakeEngineOptions = {}) {
  const records = createServerRecords({ engine: createFakeEngine(options) });
  const app = createServerApp(records.deps);
  const post = async (path: string, body: object) => {
    const response = await app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };
  return { ...records, post };
}

describe("embeddings", () => {
  test("a list of inputs is answered in its order, in OpenAI's shape", async () => {
    const { post } = createApp();
    const { body } = await post("/v1/embeddings", { model: "fake-model", input: ["ab", "c"] });
    expect(body).toMatchObject({
      object: "list",
      model: "fake-model",
      data: [
        { object: "embedding", index: 0 },
        { object: "embedding", index: 1 },
      ],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    expect(body.data[0].embedding).toHaveLength(8);
  });

  test("base64 holds the same vector as the numbers", async () => {
    const { post } = createApp();
    const plain = await post("/v1/embeddings", { input: "hello" });
    const packed = await post("/v1/embeddings", { input: "hello", encoding_format: "base64" });
    const bytes = Buffer.from(packed.body.data[0].embedding, "base64");
    const values = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
    expect(values).toEqual(plain.body.data[0].embedding);
  });

  test("token input equals text input", async () => {
    const { post } = createApp();
    const text = await post("/v1/embeddings", { input: "hi" });
    const tokens = await post("/v1/embeddings", { input: [104, 105] });
    const lists = await post("/v1/embeddings", { input: [[104, 105]] });
    expect(tokens.body.data).toEqual(text.body.data);
    expect(lists.body.data).toEqual(text.body.data);
  });

  test("fewer dimensions are the first ones, at length 1 again", async () => {
    const { post } = createApp();
    const { body } = await post("/v1/embeddings", { input: "hello", dimensions: 3 });
    expect(body.data[0].embedding).toHaveLength(3);
    expect(Math.hypot(...body.data[0].embedding)).toBeCloseTo(1, 5);
    expect([...shortenVector(new Float32Array([3, 4, 12]), 2)]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  });

  test("an input that is too long is a 400 with its index", async () => {
    const { status, body } = await createApp({ contextTokens: 4 }).post("/v1/embeddings", {
      input: ["a", "too long"],
    });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: "context_length_exceeded", param: "input[1]" });
  });

  test.each([
    [{}, "input"],
    [{ input: "" }, "input"],
    [{ input: [] }, "input"],
    [{ input: ["a", ""] }, "input[1]"],
    [{ input: [1.5] }, "input[0]"],
    [{ input: "a", dimensions: 9 }, "dimensions"],
    [{ input: "a", dimensions: 0 }, "dimensions"],
    [{ input: "a", encoding_format: "int8" }, "encoding_format"],
  ])("%j is a 400 that names %s", async (request, param) => {
    const { status, body } = await createApp().post("/v1/embeddings", request);
    expect(status).toBe(400);
    expect(body.error.param).toBe(param);
  });

  test("more inputs than the limit are a 400", async () => {
    const input = Array.from({ length: maxEmbeddingInputs + 1 }, () => "a");
    const { status, body } = await createApp().post("/v1/embeddings", { input });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ param: "input", message: expect.stringContaining("2048") });
  });

  test("the user field is named as ignored", async () => {
    const { headers } = await createApp().post("/v1/embeddings", { input: "a", user: "u" });
    expect(headers.get("x-hearth-ignored")).toBe("user");
  });
});

test("a client that goes away while its texts are embedded is no failure of the server", async () => {
  const records = createServerRecords();
  const aborted = new AbortController();
  const embed = async (_request: unknown, signal: AbortSignal) => {
    aborted.abort();
    signal.throwIfAborted();
    throw new Error("the signal was not passed on");
  };
  await createServerApp({ ...records.deps, engine: { ...records.engine, embed } }).request("/v1/embeddings", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ input: "a" }),
    signal: aborted.signal,
  });
  expect(records.requests[0]).toMatchObject({ status: 499, errorCode: "cancelled" });
  expect(records.logs.map((line) => line.event)).toEqual(["request"]);
});

describe("rerank", () => {
  const documents = ["short", "a longer document", { text: "ten chars!" }];

  test.each(["/v1/rerank", "/rerank", "/v2/rerank"])("%s sorts the documents by score", async (path) => {
    const { body } = await createApp().post(path, { query: "q", documents });
    expect(body.results.map((result: { index: number }) => result.index)).toEqual([1, 2, 0]);
    expect(body.results[1].relevance_score).toBe(0.5);
    expect(body.results[0]).not.toHaveProperty("document");
    expect(body).toMatchObject({ object: "list", model: "fake-model", usage: { prompt_tokens: 35 } });
  });

  test("top_n cuts the list, return_documents adds the texts, raw_scores leaves the scores as they are", async () => {
    const request = { query: "q", documents, top_n: 1, return_documents: true, raw_scores: true };
    const { body } = await createApp().post("/rerank", request);
    expect(body.results).toEqual([{ index: 1, relevance_score: 7, document: { text: "a longer document" } }]);
  });

  test.each([
    [{ documents }, "query"],
    [{ query: "q", documents: [] }, "documents"],
    [{ query: "q", documents: [1] }, "documents[0]"],
    [{ query: "q", documents, top_n: 0 }, "top_n"],
  ])("%j is a 400 that names %s", async (request, param) => {
    const { status, body } = await createApp().post("/rerank", request);
    expect(status).toBe(400);
    expect(body.error.param).toBe(param);
  });
});

describe("tokens", () => {
  test("llama.cpp's and vLLM's requests are both answered", async () => {
    const { post } = createApp();
    const llama = await post("/tokenize", { content: "hi" });
    const vllm = await post("/tokenize", { model: "fake-model", prompt: "hi", return_token_strs: true });
    expect(llama.body).toMatchObject({ tokens: [104, 105] });
    expect(vllm.body).toEqual({ tokens: [104, 105], count: 2, max_model_len: 4096, token_strs: ["h", "i"] });
  });

  test("pieces are text, or bytes where they end inside a character", async () => {
    const { body } = await createApp().post("/tokenize", { content: "é", with_pieces: true });
    expect(body.tokens).toEqual([
      { id: 195, piece: [195] },
      { id: 169, piece: [169] },
    ]);
  });

  test("the messages of a chat are tokenised through its template", async () => {
    const messages = [{ role: "user", content: "hi" }];
    const { post } = createApp();
    const template = await post("/apply-template", { messages });
    const tokens = await post("/tokenize", { messages });
    expect(template.body).toEqual({ prompt: "<user>hi\n<assistant>" });
    expect(tokens.body.count).toBe(template.body.prompt.length);
  });

  test("fields that change nothing in a prompt are named", async () => {
    const body = {
      messages: [{ role: "user", content: "hi" }],
      temperature: 1,
      n: 2,
      something_new: 1,
      tools: [],
    };
    for (const path of ["/apply-template", "/tokenize"]) {
      const { headers } = await createApp().post(path, body);
      expect(headers.get("x-hearth-ignored")).toBe("n, temperature, something_new");
    }
  });

  test("detokenize gives the text back in both servers' spelling", async () => {
    const { body } = await createApp().post("/detokenize", { tokens: [104, 105] });
    expect(body).toEqual({ content: "hi", prompt: "hi" });
  });

  test.each([
    ["/tokenize", {}, "content"],
    ["/tokenize", { content: 5 }, "content"],
    ["/detokenize", { tokens: "hi" }, "tokens"],
    ["/detokenize", { tokens: [-1] }, "tokens[0]"],
    ["/apply-template", { messages: [] }, "messages"],
  ])("%s with %j is a 400 that names %s", async (path, request, param) => {
    const { status, body } = await createApp().post(path, request);
    expect(status).toBe(400);
    expect(body.error.param).toBe(param);
  });
});

describe("models", () => {
  test("a model need not be named where there is one, and must be where there are two", async () => {
    const body = { input: "a" };
    expect((await createApp().post("/v1/embeddings", body)).status).toBe(200);
    const { status, body: answer } = await createApp({ models: ["a", "b"] }).post("/v1/embeddings", body);
    expect(status).toBe(400);
    expect(answer.error).toMatchObject({ param: "model", message: "model: name one of a, b." });
    const many = Array.from({ length: 12 }, (_, index) => `model-${index}`);
    const { body: listed } = await createApp({ models: many }).post("/v1/embeddings", body);
    expect(listed.error.message).toEndWith("model-9 and 2 more.");
  });
});

test("keep_alive and num_ctx load the model as they say, for vectors and for ranking too", async () => {
  const { post, engine } = createApp({ isLoaded: false });
  await post("/v1/embeddings", { input: "a", keep_alive: "1m", options: { num_ctx: 64 } });
  await post("/v1/rerank", { query: "a", documents: ["b"], keep_alive: -1 });
  expect(engine.loads).toContainEqual({ model: "fake-model", keepAliveMs: 60_000, contextTokens: 64 });
  expect(engine.loads).toContainEqual({ model: "fake-model", keepAliveMs: Number.POSITIVE_INFINITY });
});

test("every model is listed, with what its file says where it was never loaded", async () => {
  const records = createServerRecords({
    engine: createFakeEngine({ models: ["one", "two:1b"], isLoaded: false }),
  });
  const app = createServerApp(records.deps);
  const listed = JSON.parse(await (await app.request("/v1/models")).text());
  expect(listed.data.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
    ["one", "stopped"],
    ["two:1b", "stopped"],
  ]);
  expect(listed.data[0]).toMatchObject({
    capabilities: { tools: true },
    meta: { architecture: "fake", n_ctx_train: 4096 },
  });
  expect(listed.data[0].context_window).toBeUndefined();
  await records.engine.load("one");
  const one = JSON.parse(await (await app.request("/v1/models/one")).text());
  expect(one).toMatchObject({ state: "ready", context_window: 4096 });
});
