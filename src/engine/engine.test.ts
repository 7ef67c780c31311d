import { describe, expect, test } from "bun:test";
import { collectText, createChatRequest, createRealEngine } from "../testing/index.ts";
import { runEngineContract } from "./engine.contract.ts";

runEngineContract("llama.cpp on the built-in model", async () => ({
  engine: await createRealEngine(),
  model: "hearth-demo",
}));

describe("the engine", () => {
  test("answers pinned prompts the same whether they are alone or among others", async () => {
    const engine = await createRealEngine({ parallel: 8, queue: 64 });
    const prompts = ["Reply with exactly: pong-42", "Who are you?", "List three colors: red, green, blue"];
    const ask = (prompt: string) =>
      collectText(engine.generate(createChatRequest(prompt), new AbortController().signal));
    const alone: string[] = [];
    for (const prompt of prompts) alone.push(await ask(prompt));
    expect(alone[0]).toBe("pong-42");
    const crowd = await Promise.all(Array.from({ length: 24 }, (_, i) => ask(prompts[i % 3] ?? "")));
    expect(crowd.every((text, i) => text === alone[i % 3])).toBe(true);
    await engine.stop(AbortSignal.abort());
  });

  test("keeps a strict schema whatever the model would rather say", async () => {
    const engine = await createRealEngine();
    const schema = {
      type: "object",
      properties: { colour: { enum: ["red", "green"] }, count: { type: "integer", minimum: 1, maximum: 9 } },
      required: ["colour", "count"],
      additionalProperties: false,
    };
    for (let seed = 0; seed < 10; seed++) {
      const request = createChatRequest("Tell me a story", {
        constraint: { type: "json-schema", schema },
        sampling: { temperature: 1.5, seed },
      });
      const answer: unknown = JSON.parse(
        await collectText(engine.generate(request, new AbortController().signal)),
      );
      expect(answer).toMatchObject({ colour: expect.stringMatching(/^(red|green)$/) });
      expect(Object.keys(answer as object).sort()).toEqual(["colour", "count"]);
    }
    await engine.stop(AbortSignal.abort());
  });

  test("refuses what is too long with both counts, before any work", async () => {
    const engine = await createRealEngine({ contextTokens: 256 });
    const request = createChatRequest("word ".repeat(400));
    await expect(collectText(engine.generate(request, new AbortController().signal))).rejects.toMatchObject({
      code: "context_limit_exceeded",
      details: { max: 256, required: expect.any(Number) },
    });
    await engine.stop(AbortSignal.abort());
  });

  test("gives the same seed the same text and other seeds others", async () => {
    const engine = await createRealEngine();
    const ask = (seed: number) => {
      const sampling = { temperature: 2, topK: 0, topP: 1, minP: 0, seed };
      const request = createChatRequest("", {
        input: { type: "text", text: "Once" },
        sampling,
        maxTokens: 20,
      });
      return collectText(engine.generate(request, new AbortController().signal));
    };
    const [first, again, other] = [await ask(1), await ask(1), await ask(2)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    await engine.stop(AbortSignal.abort());
  });
});
