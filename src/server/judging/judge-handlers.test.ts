import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import { createJudges, systemJudgeClock } from "../../judges/index.ts";
import { createPlugins, silentObserver } from "../../plugin-host/index.ts";
import { systemClock } from "../../resilience/index.ts";
import { openDatabase } from "../../store/index.ts";
import {
  createFakeEngine,
  createFakeLibrary,
  createServerRecords,
  createTemporaryFolder,
  type FakeStep,
  waitUntil,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

type Wire = Readonly<Record<string, unknown>>;
type Says = (request: GenerateRequest) => string | readonly FakeStep[];

const models = ["fake-model", "other-model"];

async function openApp(says: Says = () => "yes", apiKeys: readonly string[] = []) {
  const folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const plugins = createPlugins({
    ...{ home: folder.path, trustedKeys: [], requireSigned: false, readVariable: () => undefined },
    ...{ observer: silentObserver, clock: systemClock, now: Date.now },
  });
  const engine = createFakeEngine({
    models,
    script: (request) => {
      const said = says(request);
      return typeof said === "string" ? [{ text: said }] : said;
    },
  });
  const library = createFakeLibrary({ names: models });
  const judges = createJudges({
    generate: (request, signal) => engine.generate(request, signal),
    ...{ engine, library, models, clock: systemJudgeClock, random: () => 0.5 },
    ...{ plugins: async () => plugins, database: async () => database },
  });
  const records = createServerRecords({
    engine,
    library,
    judges: async () => judges,
    plugins: async () => plugins,
    apiKeys,
  });
  const app = createServerApp(records.deps);
  const request = (method: string, path: string, body?: object, signal?: AbortSignal, key?: string) =>
    app.request(path, {
      method,
      headers: { "content-type": "application/json", ...(key !== undefined && { "x-api-key": key }) },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  async function send(method: string, path: string, body?: object) {
    const response = await request(method, path, body);
    return { status: response.status, answer: JSON.parse(await response.text()) as Wire };
  }
  return {
    ...{ ...records, engine, judges, request, send },
    async [Symbol.asyncDispose]() {
      await plugins.close();
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

const suite = {
  name: "mine",
  seed: 1,
  cases: ["p0", "p1", "p2"].map((prompt) => ({ name: prompt, prompt, expect: { contains: "yes" } })),
};

const judged = { model: "fake-model", judge_model: "other-model" };

describe("POST /v1/judge", () => {
  test("judges an answer, with the triple that promptfoo's users know", async () => {
    await using app = await openApp();
    const { status, answer } = await app.send("POST", "/v1/judge", {
      ...{ prompt: "How do I reset it?", response: "Maybe." },
      criteria: { preset: "none", min_response_length: 3, forbidden_keywords: ["maybe"] },
    });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      result: "Warning",
      verdict: "warn",
      pass: true,
      reason: expect.any(String),
    });
    expect(answer.violations).toMatchObject([{ rule: "forbidden_keywords", severity: "warning" }]);
    expect(app.engine.requests).toHaveLength(0);
  });

  test("asks the model for the answer where there is none", async () => {
    await using app = await openApp(() => "Rivers flow to the sea.");
    const { answer } = await app.send("POST", "/v1/judge", {
      ...{
        prompt: "Where do rivers flow?",
        model: "other-model",
        criteria: { preset: "none", min_response_length: 3 },
      },
      ...{ max_tokens: 7, temperature: 0, seed: 3 },
    });
    expect(answer).toMatchObject({
      model: "other-model",
      response: "Rivers flow to the sea.",
      verdict: "pass",
    });
    expect(app.engine.requests[0]).toMatchObject({
      model: "other-model",
      maxTokens: 7,
      sampling: { temperature: 0, seed: 3 },
    });
  });

  test.each([
    [{ prompt: "x" }, 400, "response: give the answer, or prompt and model"],
    [{ response: "x", criteria: { min_relevance_score: 3 } }, 400, "criteria.min_relevance_score"],
    [{ response: "x", criterion: {} }, 400, 'there is no field "criterion"'],
    [{ response: "x", criteria: { judges: ["nobody"] } }, 400, 'there is no judge "nobody"'],
    [{ response: "x", criteria: { judge_model: "absent" } }, 404, "absent"],
    [{ prompt: "x", model: "absent" }, 404, "absent"],
  ])("refuses %j", async (body, status, message) => {
    await using app = await openApp();
    const refused = await app.send("POST", "/v1/judge", body);
    expect(refused.status).toBe(status);
    expect(refused.answer).toMatchObject({ error: { message: expect.stringContaining(message) } });
  });
});

describe("POST /v1/judge/runs", () => {
  test("waits for the run, which is stored and listed, and told of in JUnit's XML too", async () => {
    await using app = await openApp();
    const { status, answer } = await app.send("POST", "/v1/judge/runs", {
      suite,
      model: "other-model",
      repetitions: 2,
    });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      kind: "suite",
      model: "other-model",
      status: "completed",
      verdict: "pass",
    });
    expect(answer.summary).toMatchObject({ answers: 6, passed: 6 });
    const path = `/v1/judge/runs/${String(answer.id)}`;
    expect((await app.send("GET", path)).answer).toEqual(answer);
    expect((await app.send("GET", "/v1/judge/runs")).answer).toMatchObject({
      runs: [{ id: answer.id, name: "mine", status: "completed" }],
    });
    const junit = await app.request("GET", `${path}?format=junit`);
    expect(junit.headers.get("content-type")).toStartWith("application/xml");
    expect(junit.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await junit.text()).toContain('<testsuites name="mine" tests="6"');
    expect(await app.send("POST", `${path}/resume`, {})).toMatchObject({ status: 409 });
    expect(await app.send("POST", `${path}/resume`)).toMatchObject({ status: 409 });
  });

  test("counts every call of a model against the caller's share, and so does a single answer's judge", async () => {
    await using app = await openApp(({ constraint }) => (constraint ? "{}" : "yes"));
    await app.send("POST", "/v1/judge/runs", { suite: { ...suite, defaults: { criteria: {} } }, ...judged });
    await app.send("POST", "/v1/judge", { prompt: "x", response: "y", judge_model: "other-model" });
    expect(app.engine.requests.length).toBeGreaterThan(6);
    expect((await app.send("POST", "/v1/judge/probe", { model: "fake-model" })).status).toBe(200);
    expect(new Set(app.engine.requests.map(({ tenant }) => tenant))).toEqual(new Set(["local"]));
  });

  test("says 503 and when to come back where as many runs as may be are under way", async () => {
    const ending = Promise.withResolvers<void>();
    await using app = await openApp(() => [{ until: ending.promise }, { text: "yes" }]);
    const one = { name: "one", cases: suite.cases.slice(0, 1) };
    const run = (stream: boolean) =>
      app.request("POST", "/v1/judge/runs", { suite: one, model: "fake-model", stream });
    const begun = Array.from({ length: 8 }, () => run(false));
    await waitUntil("all are asked", () => app.engine.running === 8);
    for (const stream of [false, true]) {
      const refused = await run(stream);
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.text()).toContain("8 runs of yours are being worked on");
    }
    ending.resolve();
    expect((await Promise.all(begun)).map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  test("streams progress as named events, then the result, then [DONE]", async () => {
    await using app = await openApp();
    const response = await app.request("POST", "/v1/judge/runs", {
      suite,
      model: "fake-model",
      stream: true,
    });
    expect(response.headers.get("content-type")).toStartWith("text/event-stream");
    const frames = (await response.text()).trim().split("\n\n");
    expect(frames.at(-1)).toBe("data: [DONE]");
    const [name, data = ""] = frames.at(-2)?.split("\n") ?? [];
    expect(name).toBe("event: result");
    expect(JSON.parse(data.replace("data: ", ""))).toMatchObject({
      status: "completed",
      summary: { passed: 3 },
    });
    const progress = frames.slice(0, -2).map((frame) => frame.split("\n"));
    expect(progress.every(([event]) => event === "event: progress")).toBe(true);
    expect(JSON.parse(progress.at(-1)?.[1]?.replace("data: ", "") ?? "")).toMatchObject({
      done: 3,
      total: 3,
      passed: 3,
    });
  });

  test("keeps the status of what is refused, streamed or not", async () => {
    await using app = await openApp();
    for (const stream of [false, true]) {
      const wrong = { suite: { ...suite, bar: { pass_rate: 3 } }, stream };
      expect(await app.send("POST", "/v1/judge/runs", wrong)).toMatchObject({
        status: 400,
        answer: {
          error: { message: expect.stringContaining("suite: bar.pass_rate: "), param: "suite.bar.pass_rate" },
        },
      });
      const absent = { suite, model: "absent", stream };
      expect(await app.send("POST", "/v1/judge/runs", absent)).toMatchObject({ status: 404 });
    }
  });

  test("is stored as cancelled when the client goes away, and can be resumed", async () => {
    const held = Promise.withResolvers<void>();
    await using app = await openApp((request) =>
      request.input.type === "chat" && request.input.messages[0]?.content === "p1"
        ? [{ until: held.promise }, { text: "yes" }]
        : "yes",
    );
    const gone = new AbortController();
    const body = { suite, model: "fake-model", stream: true, concurrency: 1 };
    const response = await app.request("POST", "/v1/judge/runs", body, gone.signal);
    await waitUntil("the second answer is asked for", () => app.engine.requests.length === 2);
    gone.abort();
    await response.body?.cancel();
    const list = async () => (await app.judges.suites.list())[0];
    await waitUntil("the run is cancelled", async () => (await list())?.status === "cancelled");
    held.resolve();
    const { answer } = await app.send("POST", `/v1/judge/runs/${(await list())?.id}/resume`, {});
    expect(answer).toMatchObject({ status: "completed", summary: { passed: 3 } });
    expect(app.engine.requests).toHaveLength(4);
  });

  test("of a model that fails is a run that failed, with what was done", async () => {
    await using app = await openApp((request) =>
      request.input.type === "chat" && request.input.messages[0]?.content === "p2"
        ? [{ fail: new AppError("model_load_failed", "it does not fit") }]
        : "yes",
    );
    const { answer } = await app.send("POST", "/v1/judge/runs", {
      suite,
      model: "fake-model",
      concurrency: 1,
    });
    expect(answer).toMatchObject({
      status: "failed",
      verdict: "abstain",
      error: { code: "model_load_failed" },
    });
    expect(answer.summary).toMatchObject({ answers: 2 });
  });

  test("compares models where several are named", async () => {
    await using app = await openApp(({ model }) => (model === "other-model" ? "yes" : "no"));
    const cases = Array.from({ length: 9 }, (_, index) => ({
      ...{ name: `${index}`, prompt: "x", expect: { contains: "yes" } },
    }));
    const body = { suite: { name: "nine", cases }, compare: models };
    const { answer } = await app.send("POST", "/v1/judge/runs", body);
    expect(answer).toMatchObject({ kind: "comparison", recommendation: "other-model" });
  });
});

describe("a probe", () => {
  test("tells of each thing that was probed, and the worst of them", async () => {
    await using app = await openApp(() => "no");
    const { status, answer } = await app.send("POST", "/v1/judge/probe", { model: "fake-model" });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      verdict: "fail",
      probes: [
        { name: "responsiveness", verdict: "pass", pass: true },
        { name: "quality", verdict: "fail", pass: false, message: expect.stringContaining("2 characters") },
      ],
    });
  });

  test("that asks for what nobody probes is refused with the field's name", async () => {
    await using app = await openApp();
    const { status, answer } = await app.send("POST", "/v1/judge/probe", { mood: 1 });
    expect(status).toBe(400);
    expect(JSON.stringify(answer)).toContain("mood");
  });
});

test("the runs of one API key are not there for another", async () => {
  await using app = await openApp(() => "yes", ["key-of-ann", "key-of-bob"]);
  const ask = async (key: string, method: string, path: string, body?: object) => {
    const response = await app.request(method, path, body, undefined, key);
    return { status: response.status, answer: JSON.parse(await response.text()) as Wire };
  };
  const path = "/v1/judge/runs";
  const { answer } = await ask("key-of-ann", "POST", path, { suite, model: "fake-model" });
  expect((await ask("key-of-ann", "GET", path)).answer.runs).toHaveLength(1);
  expect((await ask("key-of-bob", "GET", path)).answer.runs).toEqual([]);
  for (const [method, rest] of [["GET", ""] as const, ["POST", "/resume"] as const]) {
    const { status } = await ask("key-of-bob", method, `${path}/${answer.id}${rest}`);
    expect(status).toBe(404);
  }
});
