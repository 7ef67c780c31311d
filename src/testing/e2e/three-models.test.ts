import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { demoModelPath } from "../models.ts";
import { startServe } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { waitUntil } from "../wait-until.ts";

setDefaultTimeout(120_000);

const names = ["one", "two", "three"] as const;
/** Takes one of the models and not two. */
const budgetMiB = "120";
const requestsPerClient = 24;
const prompt = [{ role: "user" as const, content: "Reply with exactly: pong-42" }];

const folder = createTemporaryFolder();
for (const name of names) copyFileSync(demoModelPath, folder.file(`${name}.gguf`));
const models = names.flatMap((name) => ["--model", folder.file(`${name}.gguf`)]);
const server = await startServe(["--memory", budgetMiB, ...models]);
const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "unused", maxRetries: 0 });
const ollama = new Ollama({ host: server.url });

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function askOpenAi(model: string): Promise<string> {
  const answer = await openai.chat.completions.create({ model, messages: prompt, temperature: 0 });
  return answer.choices[0]?.message.content ?? "";
}

async function askOllama(model: string): Promise<string> {
  let text = "";
  const parts = await ollama.chat({ model, messages: prompt, stream: true, options: { temperature: 0 } });
  for await (const part of parts) text += part.message.content;
  return text;
}

async function complete(model: string): Promise<string> {
  const { response } = await ollama.generate({
    model,
    prompt: "Reply with exactly: pong-42",
    stream: false,
    options: { temperature: 0 },
  });
  return response ?? "";
}

describe("three models on a budget that holds one", () => {
  test("answer clients that ask all of them at the same time, on each of their routes", async () => {
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, server.hosts().length);
    }, 20);
    const answers = await Promise.all(
      Array.from({ length: requestsPerClient }, (_, i) => names[i % names.length] ?? "").flatMap((model) => [
        askOpenAi(model),
        askOllama(model),
        complete(model),
      ]),
    );
    clearInterval(watch);
    expect(answers).toHaveLength(3 * requestsPerClient);
    expect(new Set(answers)).toEqual(new Set(["pong-42"]));
    expect(most).toBe(1);
  });

  test("the wait for room and the models that left are in the metrics and in ps", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/hearth_model_room_wait_seconds_count [1-9]/);
    expect(metrics).toMatch(/hearth_model_unloads_total\{model="one",reason="room"\} [1-9]/);
    expect(metrics).toContain(`hearth_memory_budget_bytes ${Number(budgetMiB) * 2 ** 20}`);
    const { models: running } = await ollama.ps();
    expect(running).toHaveLength(1);
    expect(names).toContain(running[0]?.name as (typeof names)[number]);
  });

  test("one that can never fit is refused at once with both numbers", async () => {
    await using tight = await startServe(["--memory", "64", "--preload", "off", ...models]);
    const response = await fetch(`${tight.url}/api/chat`, {
      method: "POST",
      body: JSON.stringify({ model: "one", messages: prompt }),
    });
    expect(response.status).toBe(507);
    expect(await response.text()).toMatch(/needs [\d.]+ MiB of memory and there is room for 64/);
  });
});

test("a pinned model stays, one with a keep-alive of its own leaves by itself", async () => {
  const flags = ["--max-models", "2", "--preload", "off", "--pin", "one", "--keep-alive", "two=1ms"];
  await using server = await startServe([...flags, ...models]);
  const client = new Ollama({ host: server.url });
  const loaded = async () => (await client.ps()).models.map(({ name }) => name);
  for (const model of names) await client.chat({ model, messages: prompt });
  expect(await loaded()).toContain("one");
  await client.chat({ model: "two", messages: prompt });
  await waitUntil("the second model has left", async () => !(await loaded()).includes("two"));
  expect(await loaded()).toContain("one");
});

test("a server whose models can never fit ends with the reason", async () => {
  await using server = await startServe(["--memory", "64", ...models], { waitForReady: false });
  expect(await server.exited).toBe(1);
  expect(server.log()).toMatch(/needs [\d.]+ MiB of memory and there is room for 64/);
});
