import { describe, expect, test } from "bun:test";
import { createFakeLibrary, createFakeRecord, type FakeStep } from "../../testing/index.ts";
import { createOllamaApp, readLines, readObject, withoutTimes } from "./app-fixture.ts";

const path = "/api/generate";
const model = "fake-model";
const scripted = (...steps: FakeStep[]) => ({ script: () => steps });
const bytes = (text: string) => [...Buffer.from(text)];

const end = (prompt: number, completion: number) => ({
  done: true,
  done_reason: "stop",
  load_duration: 0,
  prompt_eval_count: prompt,
  prompt_eval_duration: 2_000_000,
  eval_count: completion,
  eval_duration: 4_000_000,
  prompt_cached_count: 0,
});

describe("answers", () => {
  test("a whole answer has exactly Ollama's shape", async () => {
    const { post } = createOllamaApp(scripted({ reasoning: "hm" }, { text: "Hi" }));
    const answer = await post(path, { model, prompt: "hello", stream: false });
    expect(withoutTimes(readObject(answer))).toEqual({
      model,
      response: "Hi",
      thinking: "hm",
      ...end(23, 2),
      context: bytes("<user>hello\n<assistant>Hi\n"),
    });
  });

  test("a streamed answer has lines that add up to it", async () => {
    const { post } = createOllamaApp(scripted({ text: "Hi" }, { text: "!" }));
    const answer = await post(path, { model, prompt: "hello" });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    expect(readLines(answer).map(withoutTimes)).toEqual([
      { model, response: "Hi", done: false },
      { model, response: "!", done: false },
      { model, response: "", ...end(23, 2), context: bytes("<user>hello\n<assistant>Hi!\n") },
    ]);
  });

  test("the system text stands before the prompt", async () => {
    const { post, engine } = createOllamaApp();
    await post(path, { model, prompt: "hello", system: "be brief" });
    expect(engine.requests[0]?.input).toMatchObject({
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "hello" },
      ],
    });
  });

  test("a suffix makes it fill the gap", async () => {
    const { post, engine } = createOllamaApp({ infill: true });
    const body = readObject(await post(path, { model, prompt: "a = ", suffix: ";", stream: false }));
    expect(engine.requests[0]?.input).toEqual({ type: "infill", prefix: "a = ", suffix: ";" });
    expect(body.context).toBeUndefined();
  });

  test("a suffix is refused where the model has no tokens for it", async () => {
    const { post } = createOllamaApp();
    const answer = await post(path, { model, prompt: "a = ", suffix: ";" });
    expect(answer.status).toBe(400);
    expect(readObject(answer).error).toContain("fill-in-the-middle");
  });

  test("raw evaluates the prompt as it is", async () => {
    const { post, engine } = createOllamaApp();
    const answer = await post(path, {
      model,
      prompt: "[INST] hi [/INST]",
      raw: true,
      stream: false,
      think: true,
    });
    expect(engine.requests[0]?.input).toEqual({ type: "text", text: "[INST] hi [/INST]" });
    expect(readObject(answer).context).toBeUndefined();
    expect(answer.headers.get("x-hearth-ignored")).toBe("think");
  });

  test("a model without a chat template continues the prompt", async () => {
    const { post, engine } = createOllamaApp({ capabilities: { chat: false } });
    const answer = await post(path, { model, prompt: "Once", system: "s", stream: false });
    expect(engine.requests[0]?.input).toEqual({ type: "text", text: "Once" });
    expect(answer.headers.get("x-hearth-ignored")).toBe("system");
  });
});

describe("a template of the request", () => {
  const library = createFakeLibrary({
    records: [createFakeRecord(model, { settings: { system: "be kind", template: "own {{ .Prompt }}" } })],
  });
  const ask = async (body: object) => {
    const { post, engine } = createOllamaApp({ capabilities: { chat: false } }, { library });
    const answer = await post(path, { model, prompt: "hello", stream: false, ...body });
    return { answer, input: engine.requests[0]?.input };
  };

  test("writes the prompt in place of the model's own, with the model's system text", async () => {
    const { answer, input } = await ask({ template: "[{{ .System }}] {{ .Prompt }}:" });
    expect(input).toEqual({ type: "text", text: "[be kind] hello:" });
    expect(readObject(answer).context).toEqual(bytes("[be kind] hello: alpha beta gamma delta"));
  });

  test("is a 400 where it is none", async () => {
    const { answer } = await ask({ template: "{{ if }}" });
    expect(answer.status).toBe(400);
    expect(Object.keys(readObject(answer))).toEqual(["error"]);
  });
});

describe("the context of an earlier answer", () => {
  test("given back, it stands before the new turn, and grows", async () => {
    const { post, engine } = createOllamaApp(scripted({ text: "Hi" }));
    const first = readObject(await post(path, { model, prompt: "hello", stream: false }));
    const body = { model, prompt: "again", context: first.context, stream: false };
    const second = readObject(await post(path, body));
    const spoken = "<user>hello\n<assistant>Hi\n<user>again\n<assistant>";
    expect(engine.requests[1]?.input).toEqual({ type: "tokens", tokens: bytes(spoken) });
    expect(second.context).toEqual(bytes(`${spoken}Hi\n`));
  });

  test("a model that leaves with its answer tells the context, and is not loaded again", async () => {
    const { post, engine } = createOllamaApp();
    const body = readObject(await post(path, { model, prompt: "hello", keep_alive: 0, stream: false }));
    expect(body.context).toEqual(bytes("<user>hello\n<assistant> alpha beta gamma delta\n"));
    expect(engine.loads).toEqual([]);
    expect(engine.resident()).toEqual([]);
  });
});

describe("requests without a prompt", () => {
  test("they load and unload the model", async () => {
    const { post, engine } = createOllamaApp({ isLoaded: false });
    expect(withoutTimes(readObject(await post(path, { model })))).toEqual({
      model,
      response: "",
      done: true,
      done_reason: "load",
    });
    expect(engine.resident()).toHaveLength(1);
    const body = { model, prompt: "", keep_alive: "0s" };
    expect(readObject(await post(path, body))).toMatchObject({ done: true, done_reason: "unload" });
    expect(engine.resident()).toEqual([]);
  });
});

describe("refusals", () => {
  test.each([
    [{ raw: true, system: "s" }, "system: with raw"],
    [{ raw: true, template: "t" }, "template: with raw"],
    [{ raw: true, context: [1] }, "context: with raw"],
    [{ context: [1], suffix: ";" }, "context: cannot be combined with suffix"],
    [{ images: ["aGk="] }, 'images: the model "fake-model" takes no images'],
    [{ context: [-1] }, "context[0]"],
    [{ prompt: 5 }, "prompt"],
  ])("%j is a 400 that says why", async (body, reason) => {
    const answer = await createOllamaApp().post(path, { model, prompt: "hello", ...body });
    expect(answer.status).toBe(400);
    expect(readObject(answer).error).toStartWith(reason);
  });

  test("a prompt longer than the context is a 400 with both numbers", async () => {
    const answer = await createOllamaApp({ contextTokens: 10 }).post(path, { model, prompt: "hello" });
    expect(answer.status).toBe(400);
    expect(readObject(answer).error).toMatch(/24.*10/);
  });
});
