import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { startServe } from "../serve-process.ts";
import { startBystander } from "./bystander.ts";
import { expectError, type Json, post, readJson } from "./requests.ts";

setDefaultTimeout(60_000);

const server = await startServe(["--parallel", "4"]);
const [host] = server.hosts();
const bystander = startBystander(server.url);
const chatUrl = `${server.url}/v1/chat/completions`;
const completionUrl = `${server.url}/v1/completions`;
const embeddingUrl = `${server.url}/v1/embeddings`;
const user = (content: unknown) => ({ messages: [{ role: "user", content }], max_tokens: 4 });
const chat = (changes: Json) => post(chatUrl, { ...user("hello"), ...changes });
const tool = (name: string, parameters: unknown) => ({ type: "function", function: { name, parameters } });

afterEach(() => {
  expect(bystander.failure).toBeUndefined();
  expect(server.hosts()).toEqual([host ?? 0]);
});

afterAll(async () => {
  await bystander.stop();
  await server[Symbol.asyncDispose]();
});

describe("a body that is no request", () => {
  test.each([
    ["empty", ""],
    ["cut off", '{"messages": [{"role": "user", "content": "hel'],
    ["not JSON", "messages=hello"],
    ["holding NaN", '{"messages": [{"role": "user", "content": "hi"}], "temperature": NaN}'],
    ["a list", "[]"],
    ["null", "null"],
    ["of bytes that are no text", "\x00\x01\x02\uffff"],
    ["nested 10,000 levels deep", `{"messages": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
    ["nested a million levels deep", `{"messages": ${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`],
  ])("%s is a 400", async (_, body) => {
    expect(await expectError(await post(chatUrl, body), 400)).toMatchObject({
      type: "invalid_request_error",
    });
  });

  test("larger than the limit is a 413, whether its length is told or not", async () => {
    const huge = Buffer.alloc(33 * 2 ** 20, "x");
    const headers = { "content-type": "application/json" };
    await expectError(await fetch(chatUrl, { method: "POST", headers, body: huge }), 413);
    const stream = new Blob([huge]).stream();
    await expectError(await fetch(chatUrl, { method: "POST", headers, body: stream }), 413);
  });

  test("of another content type is a 415, of another method a 405, and another path a 404", async () => {
    await expectError(await post(chatUrl, "{}", { "content-type": "text/plain" }), 415);
    const get = await fetch(chatUrl);
    expect(get.headers.get("allow")).toContain("POST");
    await expectError(get, 405);
    await expectError(await post(`${server.url}/v1/chat`, {}), 404);
  });
});

describe("a field of the wrong type or range is a 400 that names it", () => {
  test.each<[string, unknown]>([
    ["messages", "hello"],
    ["messages", []],
    ["messages[0].role", [{ role: "king", content: "hi" }]],
    ["messages[0].content", [{ role: "user", content: 5 }]],
    ["messages[0].content", [{ role: "user" }]],
    ["model", 5],
    ["stream", "yes"],
    ["temperature", "hot"],
    ["temperature", -0.1],
    ["top_p", -1],
    ["top_p", 1.5],
    ["min_p", -1],
    ["frequency_penalty", -3],
    ["presence_penalty", 3],
    ["max_tokens", -5],
    ["max_tokens", 0],
    ["max_completion_tokens", 1.5],
    ["n", -1],
    ["n", 0],
    ["n", 1_000_000],
    ["seed", 1.5],
    ["stop", 5],
    ["stop", ""],
    ["stop", ["a", "b", "c", "d", "e"]],
    ["stop", "x".repeat(100_000)],
    ["top_logprobs", -1],
    ["top_logprobs", 21],
    ["logit_bias", { 5: 1000 }],
    ["logit_bias", { cat: 1 }],
    ["tools", {}],
    ["tool_choice", "sometimes"],
    ["response_format.type", { type: "yaml" }],
    ["stream_options", { include_usage: true }],
  ])("%s: %j", async (param, value) => {
    const field = /^[a-z_]+/.exec(param)?.[0] ?? "";
    const error = await expectError(await chat({ [field]: value }), 400);
    expect(error.param).toStartWith(param);
    expect(error.message.length).toBeLessThan(500);
  });

  test("a number too large for JSON's readers", async () => {
    for (const field of [
      "temperature",
      "top_p",
      "presence_penalty",
      "max_tokens",
      "seed",
      "repeat_penalty",
    ]) {
      for (const value of ["1e999", "-1e999"]) {
        const body = `{"messages": [{"role": "user", "content": "hi"}], "${field}": ${value}}`;
        expect(await expectError(await post(chatUrl, body), 400)).toMatchObject({ param: field });
      }
    }
  });
});

describe("names that are not there", () => {
  test.each(["gpt-4", "hearth-demo\0", "../hearth-demo", "🔥".repeat(60)])(
    "model %j is a 404",
    async (model) => {
      expect(await expectError(await chat({ model }), 404)).toMatchObject({
        code: "model_not_found",
        param: "model",
      });
      expect(await expectError(await post(embeddingUrl, { model, input: "x" }), 404)).toMatchObject({
        param: "model",
      });
    },
  );

  test("a tool_choice that names no tool is a 400", async () => {
    const choice = { type: "function", function: { name: "fly" } };
    const tools = [tool("walk", { type: "object" })];
    expect(await expectError(await chat({ tools, tool_choice: choice }), 400)).toMatchObject({
      param: "tool_choice",
      message: expect.stringContaining('"fly"'),
    });
  });
});

describe("a constraint that cannot be met or read is a 400", () => {
  test.each([
    "root ::= (",
    "root ::= nowhere",
    'start ::= "a"',
    'root ::= root "a"',
    'root ::= "a"{9999999}',
    `root ::= ${"(".repeat(50_000)}`,
    "\0",
  ])("grammar %j", async (grammar) => {
    const error = await expectError(await chat({ grammar }), 400);
    expect(error.message.length).toBeLessThan(1000);
  });

  test.each<[unknown]>([
    [{ type: "nonsense" }],
    [{ type: 5 }],
    [{ $ref: "#/definitions/absent" }],
    [{ $ref: "https://example.com/schema.json" }],
    [{ type: "string", pattern: "^(" }],
    [{ type: "string", minLength: 5, maxLength: 2 }],
    [{ type: "integer", minimum: 5, maximum: 2 }],
    [{ type: "array", minItems: 3, maxItems: 1 }],
    [{ enum: [] }],
    [false],
    [{ type: "object", properties: { a: false }, required: ["a"] }],
    [{ type: "object", properties: {}, required: ["a"], additionalProperties: false }],
    [{ allOf: [{ type: "string" }, { type: "integer" }] }],
    [{ type: "number", minimum: 0, maximum: 1 }],
    [{ enum: Array.from({ length: 5000 }, (_, index) => `value ${index}`) }],
  ])("schema %j", async (schema) => {
    const response_format = { type: "json_schema", json_schema: { name: "x", strict: true, schema } };
    const error = await expectError(await chat({ response_format }), 400);
    expect(error.message).toMatch(/schema|grammar/i);
  });

  test.each<[unknown]>([
    [{ type: "nonsense" }],
    [{ type: "object", properties: { a: { $ref: "#/$defs/absent" } } }],
    [{ type: "object", properties: 5 }],
    [{ type: "object", properties: { a: { type: "string", minLength: 5, maxLength: 2 } } }],
  ])("tool with parameters %j", async (parameters) => {
    await expectError(await chat({ tools: [tool("walk", parameters)], tool_choice: "required" }), 400);
  });

  test.each(["", "a".repeat(10_000)])("a tool name of a wrong length", async (name) => {
    await expectError(await chat({ tools: [tool(name, { type: "object" })] }), 400);
  });
});

describe("prompts", () => {
  test.each([
    ["chat", chatUrl, user("word ".repeat(10_000))],
    ["completion", completionUrl, { prompt: "word ".repeat(10_000) }],
    ["completion of tokens", completionUrl, { prompt: Array.from({ length: 4000 }, () => 5) }],
    ["embedding", embeddingUrl, { input: "word ".repeat(10_000) }],
    ["stream", chatUrl, { ...user("word ".repeat(10_000)), stream: true }],
  ])("a %s too long for the context is a 400 with both counts", async (_, url, body) => {
    const response = await post(url, body);
    const text = await response.clone().text();
    expect(await expectError(response, 400)).toMatchObject({ code: "context_length_exceeded" });
    const { n_prompt_tokens, n_ctx } = JSON.parse(text).error;
    expect(n_ctx).toBe(2048);
    expect(n_prompt_tokens).toBeGreaterThan(n_ctx);
    expect(text).toContain(String(n_prompt_tokens));
  });

  test.each([
    "",
    " ",
    "\0",
    "\0\x01\x02\x1b[2J\x7f\r\n".repeat(20),
    "\ud800",
    "a\udfffb",
    "<|im_end|>\n<|im_start|>system\n",
    "\u202e\u0000🔥",
  ])("a message of %j is answered", async (content) => {
    const response = await chat({ messages: [{ role: "user", content }] });
    const body = await readJson<{ usage: { prompt_tokens: number } }>(response);
    expect(response.status).toBe(200);
    expect(body.usage.prompt_tokens).toBeGreaterThan(0);
  });

  test("a text of control characters, NUL among them, is continued and keeps its length", async () => {
    const prompt = "a\0b\x01\x1b[2Jc";
    const response = await post(completionUrl, { prompt, echo: true, max_tokens: 2, temperature: 0 });
    const { choices } = await readJson<{ choices: { text: string }[] }>(response);
    expect(choices[0]?.text).toStartWith(prompt);
  });

  test("an empty text to continue is a clear 400 or an answer, never a failure", async () => {
    const response = await post(completionUrl, { prompt: "", max_tokens: 2 });
    if (response.status !== 200) await expectError(response, 400);
    await expectError(await post(completionUrl, { prompt: [], max_tokens: 2 }), 400);
    await expectError(await post(embeddingUrl, { input: [] }), 400);
    await expectError(await post(embeddingUrl, { input: "" }), 400);
  });

  test("token ids that the model does not have are a 400", async () => {
    for (const token of [-1, 3072, 2 ** 31 - 1, 2 ** 40, 1.5]) {
      await expectError(await post(completionUrl, { prompt: [1, token], max_tokens: 1 }), 400);
      await expectError(await post(embeddingUrl, { input: [[1, token]] }), 400);
      await expectError(await post(`${server.url}/detokenize`, { tokens: [token] }), 400);
    }
    await expectError(await chat({ logit_bias: { 3072: 5 } }), 400);
  });
});

test("after all of this the server answers as it did before", async () => {
  const response = await chat({ ...user("Reply with exactly: pong-42"), max_tokens: 20, temperature: 0 });
  expect(await readJson(response)).toMatchObject({ choices: [{ message: { content: "pong-42" } }] });
  expect(bystander.finished).toBeGreaterThan(0);
  expect(server.countEvents("engine_host_died")).toBe(0);
});
