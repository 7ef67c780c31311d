import { describe, expect, test } from "bun:test";
import type { GenerateRequest } from "../../contract/index.ts";
import { createJudges, systemJudgeClock } from "../../judges/index.ts";
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

const path = "/v1/coordination/runs";
const small = { task: "Which colour?", num_agents: 2, repeats: 1, compute_matched: false, seed: 1 };

async function openApp(answer: (request: GenerateRequest) => readonly FakeStep[] = () => [{ text: "blue" }]) {
  const folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const engine = createFakeEngine({
    script: (request) => (request.constraint ? [{ text: toReply(request) }] : answer(request)),
  });
  const library = createFakeLibrary({ names: ["fake-model"] });
  const judges = createJudges({
    ...{ engine, library, models: ["fake-model"], clock: systemJudgeClock, random: () => 0.5 },
    generate: (request, signal) => engine.generate(request, signal),
    plugins: () => Promise.reject(new Error("no plugins here")),
    database: async () => database,
  });
  const records = createServerRecords({ engine, library, judges: async () => judges });
  const app = createServerApp(records.deps);
  async function send(method: string, url: string, body?: object) {
    const response = await app.request(url, {
      method,
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers };
  }
  return {
    ...{ app, engine, send, logs: records.logs },
    async json(method: string, url: string, body?: object) {
      const { status, text } = await send(method, url, body);
      const answered: Wire = JSON.parse(text);
      return { status, answer: answered };
    },
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

function toReply({ constraint }: GenerateRequest): string {
  const schema = constraint?.type === "json-schema" ? constraint.schema : {};
  const { required = [] } = schema as { readonly required?: readonly string[] };
  return JSON.stringify(Object.fromEntries(required.map((name) => [name, 8])));
}

test("agents and judge count against the caller's share", async () => {
  await using app = await openApp();
  await app.json("POST", path, small);
  expect(new Set(app.engine.requests.map(({ tenant }) => tenant))).toEqual(new Set(["local"]));
});

test("more than may be at once are refused with a 503, streamed or not", async () => {
  const ending = Promise.withResolvers<void>();
  await using app = await openApp(() => [{ until: ending.promise }, { text: "blue" }]);
  const begun = Array.from({ length: 8 }, () => app.send("POST", path, { ...small, num_agents: 1 }));
  await waitUntil("all are asked", () => app.engine.running === 8);
  for (const stream of [false, true])
    expect(await app.json("POST", path, { ...small, stream })).toMatchObject({ status: 503 });
  ending.resolve();
  expect((await Promise.all(begun)).map(({ status }) => status)).toEqual(Array(8).fill(200));
});

test("a team is measured, listed and shown", async () => {
  await using app = await openApp();
  const { status, answer } = await app.json("POST", path, { ...small, strategy: "parallel" });
  expect(status).toBe(200);
  expect(answer).toMatchObject({
    ...{ status: "completed", repeats_done: 1, spec: { strategy: "parallel", seed: 1 } },
    result: {
      gamma: 1,
      gamma_ci: null,
      coordinated_response: "blue",
      calls: { baseline: 2, coordinated: 3 },
    },
  });
  expect((await app.json("GET", path)).answer).toEqual({
    runs: [expect.objectContaining({ id: answer.id, name: "Which colour?", status: "completed" })],
  });
  expect(await app.json("GET", `${path}/${answer.id}`)).toEqual({ status: 200, answer });
});

test("a report is Markdown or a page that may load nothing", async () => {
  await using app = await openApp(() => [{ text: "<script>alert(1)</script>" }]);
  const { answer } = await app.json("POST", path, small);
  const markdown = await app.send("GET", `${path}/${answer.id}?format=md`);
  expect(markdown.headers.get("content-type")).toStartWith("text/markdown");
  expect(markdown.text).toStartWith("# Coordination");
  const page = await app.send("GET", `${path}/${answer.id}?format=html`);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page.text).not.toContain("<script");
  expect(await app.json("GET", `${path}/${answer.id}?format=pdf`)).toMatchObject({
    status: 400,
    answer: { error: { param: "format" } },
  });
});

test("a stream tells of each step, then the run, and ends", async () => {
  await using app = await openApp();
  const { text, headers } = await app.send("POST", path, { ...small, repeats: 2, stream: true });
  expect(headers.get("content-type")).toStartWith("text/event-stream");
  const frames = text.trimEnd().split("\n\n");
  expect(frames.at(-1)).toBe("data: [DONE]");
  const steps = frames.slice(0, -2).map((frame) => {
    const [name, data = ""] = frame.split("\n");
    expect(name).toBe("event: progress");
    return JSON.parse(data.slice("data: ".length));
  });
  expect(steps.map(({ repeat, step }) => `${repeat} ${step}`)).toEqual([
    ...["1 baseline", "1 coordinating", "1 judging", "2 baseline", "2 coordinating", "2 judging"],
  ]);
  expect(frames.at(-2)).toStartWith('event: result\ndata: {"id":"run-');
});

test("a failure in a stream is a frame, and the run can be resumed", async () => {
  await using app = await openApp();
  const body = { ...small, budget: { calls: 2 }, stream: true };
  const { text } = await app.send("POST", path, body);
  expect(text).toMatch(/data: \{"error":\{"message":"the budget is spent: .*\n\ndata: \[DONE\]\n\n$/s);
  const { answer } = await app.json("GET", path);
  const [run] = answer.runs as readonly [Wire];
  expect(run).toMatchObject({ status: "failed", error: { code: "budget_exceeded" } });
  const resume = `${path}/${run.id}/resume`;
  expect(await app.json("POST", resume)).toMatchObject({ status: 429 });
  expect(await app.json("POST", resume, { budget: { calls: 99 } })).toMatchObject({
    ...{ status: 200, answer: { status: "completed", repeats_done: 1 } },
  });
  expect(await app.json("POST", resume, {})).toMatchObject({ status: 409 });
});

test("a client that goes away stops the agents, and the run is cancelled", async () => {
  const begun = Promise.withResolvers<void>();
  await using app = await openApp(() => {
    begun.resolve();
    return [{ until: new Promise(() => {}) }];
  });
  const leaving = new AbortController();
  const response = app.app.request(path, {
    ...{ method: "POST", headers: { "content-type": "application/json" }, signal: leaving.signal },
    body: JSON.stringify(small),
  });
  await begun.promise;
  leaving.abort();
  expect((await response).status).toBe(499);
  expect(app.engine.running).toBe(0);
  expect((await app.json("GET", path)).answer).toMatchObject({ runs: [{ status: "cancelled" }] });
});

describe("what is refused", () => {
  test.each([
    [{}, 400, "task"],
    [{ ...small, strategy: "vote" }, 400, "strategy"],
    [{ ...small, colour: "red" }, 400, null],
    [{ ...small, model: "gone" }, 404, null],
    [{ ...small, judge_model: "gone", closed: true, reference: "blue" }, 404, null],
    [{ ...small, budget: { tokens: 0 } }, 400, "budget.tokens"],
  ])("%j", async (body, status, param) => {
    await using app = await openApp();
    expect(await app.json("POST", path, body)).toMatchObject({ status, answer: { error: { param } } });
    expect(app.engine.requests).toEqual([]);
  });

  test("a run that is not there, and a field that resume does not know", async () => {
    await using app = await openApp();
    expect(await app.json("GET", `${path}/run-0`)).toMatchObject({ status: 404 });
    expect(await app.json("POST", `${path}/run-0/resume`, { rounds: 3 })).toMatchObject({ status: 400 });
  });
});
