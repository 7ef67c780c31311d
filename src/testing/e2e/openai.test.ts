import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import OpenAI from "openai";
import { startServe } from "../serve-process.ts";

setDefaultTimeout(60_000);

const server = await startServe(["--parallel", "4"]);
const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "unused", maxRetries: 0 });
const model = "hearth-demo";
const ask = (content: string) => ({ model, temperature: 0, messages: [{ role: "user" as const, content }] });
const parameter = (name: string) => ({
  type: "object",
  properties: { [name]: { type: "string" } },
  required: [name],
});
const tools = [
  { name: "get_weather", description: "Current weather of a city", parameters: parameter("city") },
  { name: "read_file", description: "Read a file", parameters: parameter("path") },
  { name: "bash", description: "Run a shell command", parameters: parameter("command") },
].map((definition) => ({ type: "function" as const, function: definition }));

afterAll(() => server[Symbol.asyncDispose]());

describe("chat", () => {
  test("a question is answered by the model", async () => {
    const answer = await client.chat.completions.create(ask("Reply with exactly: pong-42"));
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { role: "assistant", content: "pong-42" },
    });
    expect(answer.usage?.total_tokens).toBe(
      (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0),
    );
  });

  test("the pieces of a stream are the answer, and usage comes last", async () => {
    const request = ask("Who are you?");
    const whole = await client.chat.completions.create(request);
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await Array.fromAsync(stream);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(
      whole.choices[0]?.message.content ?? "",
    );
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { completion_tokens: whole.usage?.completion_tokens ?? 0 },
    });
    expect(chunks.length).toBeGreaterThan(5);
  });

  test("a conversation goes back and forth", async () => {
    const { choices } = await client.chat.completions.create({
      model,
      temperature: 0,
      messages: [
        {
          role: "user",
          content:
            "Context:\n[1] The port of the mailer is 8125.\n[2] The owner of Orchid is Dana.\n\nQuestion: Who owns Orchid?",
        },
      ],
    });
    expect(choices[0]?.message.content).toContain("Dana");
  });

  test("the same seed gives the same text, another one another", async () => {
    const write = async (seed: number) => {
      const wild = { temperature: 2, top_p: 1, min_p: 0, top_k: 0 };
      const request = { ...ask("Tell me a story"), ...wild, seed, max_tokens: 30 };
      const { choices } = await client.chat.completions.create(request);
      return choices[0]?.message.content;
    };
    expect(await write(7)).toBe(await write(7));
    expect(new Set([await write(7), await write(8), await write(9)]).size).toBeGreaterThan(1);
  });

  test("n answers are numbered, each with its end, and the prompt is counted once", async () => {
    const one = await client.chat.completions.create({ ...ask("Tell me a story"), max_tokens: 5 });
    const three = await client.chat.completions.create({
      ...ask("Tell me a story"),
      temperature: 1.2,
      n: 3,
      max_tokens: 5,
      seed: 3,
    });
    expect(three.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(three.choices.every((choice) => choice.finish_reason !== null)).toBe(true);
    expect(three.usage?.prompt_tokens).toBe(one.usage?.prompt_tokens ?? 0);
  });

  test("a stop text that spans tokens ends the answer and never shows, in a stream neither", async () => {
    const request = { ...ask("Reply with exactly: pong-42"), stop: ["g-4"] };
    const { choices } = await client.chat.completions.create(request);
    expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "pon" } });
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...request, stream: true }));
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("pon");
  });

  test("max_completion_tokens ends the answer with length", async () => {
    const answer = await client.chat.completions.create({ ...ask("Who are you?"), max_completion_tokens: 3 });
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage?.completion_tokens).toBe(3);
  });

  test("logprobs name each token with its bytes and its likeliest rivals", async () => {
    const { choices } = await client.chat.completions.create({
      ...ask("Reply with exactly: pong-42"),
      logprobs: true,
      top_logprobs: 3,
    });
    const tokens = choices[0]?.logprobs?.content ?? [];
    const bytes = tokens.flatMap((token) => token.bytes ?? []);
    expect(Buffer.from(bytes).toString()).toStartWith("pong-42");
    for (const { token, logprob, top_logprobs } of tokens) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top_logprobs).toHaveLength(3);
      expect(top_logprobs[0]?.token).toBe(token);
    }
  });

  test("a second request with the same beginning reuses what was evaluated", async () => {
    const request = {
      ...ask(`${"The port of the mailer is 8125. ".repeat(20)}\nWho are you?`),
      max_tokens: 3,
    };
    await client.chat.completions.create(request);
    const { usage } = await client.chat.completions.create(request);
    expect(usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(100);
  });
});

describe("tools", () => {
  test.each([
    ["What's the weather like in Oslo right now?", "get_weather", "Oslo"],
    ["Please read the file package.json", "read_file", "package.json"],
    ["Run the unit tests with npm test", "bash", "npm test"],
  ])("%s calls %s", async (question, name, argument) => {
    const { choices } = await client.chat.completions.create({ ...ask(question), tools });
    const call = choices[0]?.message.tool_calls?.[0];
    expect(choices[0]?.finish_reason).toBe("tool_calls");
    expect(call).toMatchObject({ type: "function", function: { name } });
    expect(call?.type === "function" && Object.values(JSON.parse(call.function.arguments))).toContain(
      argument,
    );
  });

  test("a streamed call has its id and name once, and its arguments in pieces", async () => {
    const request = { ...ask("What's the weather like in Oslo right now?"), tools, stream: true as const };
    const chunks = await Array.fromAsync(await client.chat.completions.create(request));
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(deltas.every((delta) => delta.index === 0)).toBe(true);
    expect(deltas.filter((delta) => delta.id !== undefined)).toHaveLength(1);
    expect(deltas[0]?.function?.name).toBe("get_weather");
    expect(JSON.parse(deltas.map((delta) => delta.function?.arguments ?? "").join(""))).toEqual({
      city: "Oslo",
    });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls");
  });

  test("a result is answered in words", async () => {
    const id = "call_1";
    const call = {
      id,
      type: "function" as const,
      function: { name: "get_weather", arguments: '{"city":"Oslo"}' },
    };
    const { choices } = await client.chat.completions.create({
      model,
      temperature: 0,
      tools,
      messages: [
        { role: "user", content: "What's the weather like in Oslo right now?" },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: id, content: '{"temperature": 7, "conditions": "rain"}' },
      ],
    });
    expect(choices[0]?.finish_reason).toBe("stop");
    expect(choices[0]?.message.content).not.toBe("");
  });

  test("a named tool is called whatever the question", async () => {
    const { choices } = await client.chat.completions.create({
      ...ask("Who are you?"),
      tools,
      tool_choice: { type: "function", function: { name: "bash" } },
    });
    expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: "bash" } });
  });

  test("none calls none", async () => {
    const request = {
      ...ask("What's the weather like in Oslo right now?"),
      tools,
      tool_choice: "none" as const,
    };
    const { choices } = await client.chat.completions.create({ ...request, max_tokens: 40 });
    expect(choices[0]?.message.tool_calls).toBeUndefined();
  });
});

describe("output that must follow a form", () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", maxLength: 12 },
      age: { type: "integer", minimum: 1, maximum: 120 },
      colour: { enum: ["red", "green", "blue"] },
    },
    required: ["name", "age", "colour"],
    additionalProperties: false,
  };

  test.each([0, 1.5])("a strict schema holds at temperature %d", async (temperature) => {
    for (const seed of [1, 2, 3]) {
      const { choices } = await client.chat.completions.create({
        ...ask("Describe a person"),
        temperature,
        seed,
        response_format: { type: "json_schema", json_schema: { name: "person", strict: true, schema } },
      });
      const value = JSON.parse(choices[0]?.message.content ?? "");
      expect(Object.keys(value)).toEqual(["name", "age", "colour"]);
      expect(value.age >= 1 && value.age <= 120 && ["red", "green", "blue"].includes(value.colour)).toBe(
        true,
      );
    }
  });

  test("a grammar holds", async () => {
    const grammar = { grammar: 'root ::= [A-F]{4} "-" [0-9]{3}' };
    const { choices } = await client.chat.completions.create({
      ...ask("A code, please"),
      temperature: 1,
      ...grammar,
    });
    expect(choices[0]?.message.content).toMatch(/^[A-F]{4}-\d{3}$/);
  });
});

describe("completions", () => {
  test("echo with logprobs gives one of each for every token of the prompt and the answer", async () => {
    const prompt = "The quick brown fox";
    const { choices, usage } = await client.completions.create({
      model,
      prompt,
      echo: true,
      logprobs: 2,
      max_tokens: 3,
      temperature: 0,
    });
    const { tokens = [], token_logprobs = [], text_offset = [], top_logprobs } = choices[0]?.logprobs ?? {};
    expect(tokens).toHaveLength((usage?.prompt_tokens ?? 0) + 3);
    expect(tokens.join("")).toBe(choices[0]?.text ?? "");
    expect(choices[0]?.text).toStartWith(prompt);
    expect([token_logprobs.length, text_offset.length, top_logprobs?.length]).toEqual(
      Array(3).fill(tokens.length),
    );
    expect(token_logprobs[0]).toBeNull();
    expect(token_logprobs.slice(1).every((value) => value <= 0)).toBe(true);
  });

  test("several prompts are answered in their order", async () => {
    const { choices } = await client.completions.create({
      model,
      prompt: ["One", "Two"],
      echo: true,
      max_tokens: 2,
    });
    expect(choices.map(({ index, text }) => [index, text.slice(0, 3)])).toEqual([
      [0, "One"],
      [1, "Two"],
    ]);
  });
});

describe("embeddings", () => {
  test("base64, numbers and token arrays give the same vectors in the order asked", async () => {
    const input = ["a cat", "a dog that barks"];
    const numbers = await client.embeddings.create({ model, input, encoding_format: "float" });
    const decoded = await client.embeddings.create({ model, input });
    const tokens = await Promise.all(input.map(async (text) => await tokenize({ prompt: text })));
    const fromTokens = await client.embeddings.create({ model, input: tokens, encoding_format: "float" });
    for (const [index, { embedding }] of numbers.data.entries()) {
      expect(embedding.length).toBeGreaterThan(100);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 3);
      expect(decoded.data[index]?.embedding).toHaveLength(embedding.length);
      for (const other of [decoded, fromTokens])
        expect(distance(embedding, other.data[index]?.embedding ?? [])).toBeLessThan(1e-4);
    }
    expect(distance(numbers.data[0]?.embedding ?? [], numbers.data[1]?.embedding ?? [])).toBeGreaterThan(
      1e-2,
    );
    expect(fromTokens.usage).toEqual(numbers.usage);
  });
});

describe("tokens", () => {
  test("what /tokenize and /apply-template say is what a chat is charged for", async () => {
    const request = ask("How do I download a model?");
    const { usage } = await client.chat.completions.create({ ...request, max_tokens: 1 });
    const { prompt } = await call<{ prompt: string }>("/apply-template", request);
    expect(prompt).toContain("How do I download a model?");
    expect((await tokenize({ messages: request.messages })).length).toBe(usage?.prompt_tokens ?? 0);
    expect((await tokenize({ prompt })).length).toBe(usage?.prompt_tokens ?? 0);
  });

  test("detokenize undoes tokenize", async () => {
    const text = "Grüße, 世界! 🔥 \t tabs\n";
    const { content } = await call<{ content: string }>("/detokenize", {
      tokens: await tokenize({ content: text }),
    });
    expect(content).toBe(text);
  });
});

test("the model list names the model", async () => {
  expect((await Array.fromAsync(client.models.list())).map(({ id }) => id)).toEqual([model]);
  expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: "model" });
  const failure: unknown = await client.models.retrieve("gpt-4").catch((error: unknown) => error);
  expect(failure).toMatchObject({ status: 404, code: "model_not_found" });
});

async function call<T>(path: string, body: object): Promise<T> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  return JSON.parse(await response.text());
}

async function tokenize(body: object): Promise<number[]> {
  const { tokens, count } = await call<{ tokens: number[]; count: number }>("/tokenize", body);
  expect(tokens).toHaveLength(count);
  return tokens;
}

function distance(left: readonly number[], right: readonly number[]): number {
  return Math.hypot(...left.map((value, index) => value - (right[index] ?? 0)));
}
