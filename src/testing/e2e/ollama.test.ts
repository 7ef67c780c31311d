import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Ollama } from "ollama";
import { demoModelPath } from "../models.ts";
import { startRegistry } from "../registry/registry-server.ts";
import { startServe } from "../serve-process.ts";
import { waitUntil } from "../wait-until.ts";

setDefaultTimeout(60_000);

const weights = readFileSync(demoModelPath);
const registry = startRegistry();
const chatMl = `{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
`;
const layer = (kind: string, text: string) => ({
  mediaType: `application/vnd.ollama.image.${kind}`,
  bytes: Buffer.from(text),
});
const model = { mediaType: "application/vnd.ollama.image.model", bytes: weights };
registry.addModel("library/plain:latest", [model]);
registry.addModel("library/set-up:1b", [
  model,
  layer("template", chatMl),
  layer("system", "Reply with exactly: pong-42"),
  layer("params", JSON.stringify({ temperature: 0, num_predict: 4, stop: ["-"] })),
  layer("license", "MIT"),
]);
registry.addModel("library/odd:latest", [model, layer("params", JSON.stringify({ frobnicate: 1 }))]);
registry.addModel("library/broken:latest", [layer("model", "GGUF, or so it says")]);

const server = await startServe(["--registry", registry.url]);
const client = new Ollama({ host: server.url });
const prompt = [{ role: "user", content: "Reply with exactly: pong-42" }];
const greedy = { temperature: 0 };

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  registry[Symbol.dispose]();
});

describe("the ollama client", () => {
  test("pulls a model with progress and then talks to it", async () => {
    const statuses: string[] = [];
    let completed = 0;
    for await (const part of await client.pull({ model: "plain", stream: true })) {
      statuses.push(part.status);
      completed = Math.max(completed, part.completed ?? 0);
    }
    expect(statuses[0]).toBe("pulling manifest");
    expect(statuses.at(-1)).toBe("success");
    expect(completed).toBe(weights.byteLength);
    const answer = await client.chat({ model: "plain", messages: prompt, options: greedy });
    expect(answer.message.content).toBe("pong-42");
    expect(answer).toMatchObject({ done: true, done_reason: "stop", eval_count: expect.any(Number) });
    expect(answer.load_duration).toBeGreaterThan(0);
    expect(answer.total_duration).toBeGreaterThanOrEqual(answer.load_duration + answer.eval_duration);
  });

  test("sees stored and built-in models with digests and capabilities", async () => {
    const { models } = await client.list();
    expect(models.map(({ name }) => name)).toEqual(expect.arrayContaining(["hearth-demo", "plain:latest"]));
    expect(models.every(({ digest }) => /^[\da-f]{64}$/.test(digest))).toBe(true);
    const shown = await client.show({ model: "plain" });
    expect(shown.capabilities).toEqual(expect.arrayContaining(["completion", "tools"]));
    expect(shown.model_info).toMatchObject({ "general.architecture": "llama", "llama.context_length": 2048 });
  });

  test("gets a model's own TEMPLATE, SYSTEM and PARAMETERs honoured", async () => {
    for await (const _ of await client.pull({ model: "set-up:1b", stream: true }));
    const { message, done_reason } = await client.chat({
      model: "set-up:1b",
      messages: [{ role: "user", content: "Go on" }],
    });
    expect(message.content).not.toContain("-");
    expect(message.content.length).toBeGreaterThan(0);
    expect(["stop", "length"]).toContain(done_reason);
    const shown = await client.show({ model: "set-up:1b" });
    expect(shown).toMatchObject({ system: "Reply with exactly: pong-42", template: chatMl, license: "MIT" });
    expect(shown.parameters).toMatch(/num_predict +4/);
    expect(shown.capabilities).not.toContain("tools");
  });

  test("is told which PARAMETER cannot be honoured, and what file cannot be run; neither gets a name", async () => {
    const pull = async (name: string) => {
      for await (const _ of await client.pull({ model: name, stream: true }));
    };
    await expect(pull("odd")).rejects.toThrow("frobnicate");
    await expect(pull("broken")).rejects.toThrow(/GGUF/);
    await expect(pull("absent")).rejects.toThrow(/absent/);
    const { models } = await client.list();
    expect(models.some(({ name }) => /odd|broken|absent/.test(name))).toBe(false);
  });

  test("streams a chat whose deltas are the answer", async () => {
    const stream = await client.chat({
      model: "hearth-demo",
      messages: prompt,
      options: greedy,
      stream: true,
    });
    const parts = await Array.fromAsync(stream);
    expect(parts.map(({ message }) => message.content).join("")).toBe("pong-42");
    expect(parts.filter(({ done }) => done)).toHaveLength(1);
  });

  test("calls tools with arguments that are objects", async () => {
    const { message } = await client.chat({
      model: "hearth-demo",
      messages: [{ role: "user", content: "What's the weather like in Oslo right now?" }],
      options: greedy,
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Current weather of a city",
            parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          },
        },
      ],
    });
    expect(message.tool_calls?.[0]?.function).toMatchObject({
      name: "get_weather",
      arguments: { city: "Oslo" },
    });
  });

  test("gets JSON of a schema", async () => {
    const format = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const { message } = await client.chat({ model: "hearth-demo", messages: prompt, format });
    expect(Number.isInteger((JSON.parse(message.content) as { n: number }).n)).toBe(true);
  });

  test("is told both numbers where a prompt does not fit num_ctx", async () => {
    const long = "word ".repeat(300);
    const ask = client.generate({ model: "hearth-demo", prompt: long, options: { num_ctx: 128 } });
    await expect(ask).rejects.toThrow(/\d{3}.*128/);
  });

  test("is refused images by the model's name", async () => {
    const images = [Buffer.from("no image").toString("base64")];
    const ask = client.chat({ model: "hearth-demo", messages: [{ role: "user", content: "see", images }] });
    await expect(ask).rejects.toThrow(/hearth-demo/);
  });

  test("keeps, lists and unloads models as it asks", async () => {
    await client.generate({ model: "plain", prompt: "", keep_alive: "1h" });
    const { models } = await client.ps();
    const plain = models.find(({ name }) => name === "plain:latest");
    const untilMs = new Date(plain?.expires_at ?? 0).getTime() - Date.now();
    expect(untilMs).toBeGreaterThan(50 * 60_000);
    await client.generate({ model: "plain", prompt: "", keep_alive: 0 });
    await waitUntil("it is unloaded", async () =>
      (await client.ps()).models.every(({ name }) => name !== "plain:latest"),
    );
  });

  test("makes, copies and deletes models, and what others need stays", async () => {
    await client.create({
      model: "pirate",
      from: "plain",
      system: "You are a pirate",
      parameters: { num_ctx: 512 },
    });
    expect(await client.show({ model: "pirate" })).toMatchObject({ system: "You are a pirate" });
    await client.copy({ source: "pirate", destination: "captain" });
    await client.delete({ model: "pirate" });
    await client.delete({ model: "plain" });
    const answer = await client.chat({ model: "captain", messages: prompt, options: greedy });
    expect(answer.message.content.length).toBeGreaterThan(0);
    await expect(client.chat({ model: "pirate", messages: prompt })).rejects.toThrow(/pirate/);
    await expect(client.delete({ model: "hearth-demo" })).rejects.toThrow(/built in/);
  });

  test("makes a model of an uploaded file", async () => {
    const digest = `sha256:${new Bun.CryptoHasher("sha256").update(weights).digest("hex")}`;
    const upload = await fetch(`${server.url}/api/blobs/${digest}`, {
      method: "POST",
      body: weights,
    });
    expect([200, 201]).toContain(upload.status);
    const body = JSON.stringify({ model: "mine", files: { "mine.gguf": digest }, stream: false });
    const created = await fetch(`${server.url}/api/create`, { method: "POST", body });
    expect(await created.json()).toMatchObject({ status: "success" });
    const answer = await client.chat({ model: "mine", messages: prompt, options: greedy });
    expect(answer.message.content).toBe("pong-42");
  });

  test("embeds texts", async () => {
    const { embeddings } = await client.embed({ model: "hearth-demo", input: ["one", "two"] });
    expect(embeddings.map((vector) => vector.length)).toEqual([256, 256]);
  });
});

test("the probe of an editor that speaks Ollama and OpenAI on one port is answered", async () => {
  const { version } = (await (await fetch(`${server.url}/api/version`)).json()) as { version: string };
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  const { data } = (await (await fetch(`${server.url}/v1/models`)).json()) as { data: { id: string }[] };
  expect(data.map(({ id }) => id)).toContain("hearth-demo");
});
