import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { AppError } from "../../base/index.ts";
import {
  createFakeLibrary,
  createFakeRecord,
  type FakeLibraryOptions,
  type ServerChanges,
  waitUntil,
} from "../../testing/index.ts";
import { createOllamaApp, readLines, readObject } from "./app-fixture.ts";
import { toParameterSize } from "./details.ts";

const model = "fake-model";
const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
type Loaded = { models: [{ expires_at: string }, ...object[]]; residency: object };

const details = {
  parent_model: "",
  format: "gguf",
  family: "fake",
  families: ["fake"],
  parameter_size: "1.2M",
  quantization_level: "F32",
};

function createApp(options: FakeLibraryOptions = { names: [model] }, changes: ServerChanges = {}) {
  return createOllamaApp({}, { library: createFakeLibrary(options), ...changes });
}

describe("listings", () => {
  test("the server says that it runs, to GET and HEAD, without a key", async () => {
    const { send } = createApp({}, { apiKeys: ["secret"] });
    const answer = await send("GET", "/");
    expect([answer.status, answer.text]).toEqual([200, "Hearth is running"]);
    expect(await send("HEAD", "/")).toMatchObject({ status: 200, text: "" });
  });

  test("the version is one that clients can compare, and Hearth's own stands beside it", async () => {
    const body = readObject<{ version: string; hearth: string }>(
      await createApp().send("GET", "/api/version"),
    );
    expect(body).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/), hearth: "1.2.3" });
    expect(Bun.semver.order(body.version, "0.6.4")).toBe(1);
  });

  test("tags lists every model, the latest first, in Ollama's shape", async () => {
    const later = createFakeRecord("qwen3:0.6b", { modifiedAtMs: Date.UTC(2026, 5, 1) });
    const { send } = createApp({ names: [model], records: [later] });
    expect(readObject(await send("GET", "/api/tags"))).toEqual({
      models: [
        {
          name: "qwen3:0.6b",
          model: "qwen3:0.6b",
          modified_at: "2026-06-01T00:00:00.000Z",
          size: 1_000_000,
          digest: digestOf("qwen3:0.6b").slice("sha256:".length),
          details,
        },
        expect.objectContaining({ name: model, modified_at: "2026-01-02T03:04:05.000Z" }),
      ],
    });
  });

  test.each([
    [595_776_512, "595.8M"],
    [8_000_000_000, "8B"],
    [1_543_714_304, "1.5B"],
    [270_336, "270.3K"],
    [12, "12"],
  ])("%d parameters are %s", (count, text) => {
    expect(toParameterSize(count)).toBe(text);
  });

  test("ps lists what is in memory, with our own figures beside Ollama's", async () => {
    const { send, post, engine } = createApp();
    engine.setState("stopped");
    const residency = { hits: 0, misses: 0, evictions: 0, preloads: 0, waiting: 0 };
    const nothing = readObject(await send("GET", "/api/ps"));
    expect(nothing).toEqual({ models: [], broken: [], residency: expect.objectContaining(residency) });
    const beforeMs = Date.now();
    await post("/api/generate", { model, prompt: "hi", keep_alive: "10m" });
    const body = readObject<Loaded>(await send("GET", "/api/ps"));
    expect<object[]>(body.models).toEqual([
      {
        name: model,
        model,
        digest: digestOf(model).slice("sha256:".length),
        details,
        size: 1_000_000,
        size_vram: 0,
        expires_at: expect.any(String),
        context_length: 4096,
        state: "ready",
        pinned: false,
        active_requests: 0,
        host_memory: 1_000_000,
        loaded_at: "2023-11-14T22:13:20.000Z",
        load_duration: 5_000_000,
        placement: { device: "cpu", gpu_layers: 0, failed_attempts: [] },
      },
    ]);
    expect(Date.parse(body.models[0].expires_at) - beforeMs).toBeGreaterThanOrEqual(600_000);
    expect(body.residency).toMatchObject({ ...residency, misses: 1 });
  });

  test("a model that was removed is listed until it has left memory", async () => {
    const { send, library } = createApp();
    await library.remove(model);
    const { models } = readObject<Loaded>(await send("GET", "/api/ps"));
    expect(models).toEqual([expect.objectContaining({ name: model, digest: "", size: 1_000_000 })]);
  });

  test("a model that may stay for ever has a time far away", async () => {
    const { send, engine } = createApp();
    await engine.load(model, { keepAliveMs: Number.POSITIVE_INFINITY });
    const { models } = readObject<Loaded>(await send("GET", "/api/ps"));
    expect(models[0].expires_at).toBe("9999-12-31T23:59:59Z");
  });
});

describe("show", () => {
  const settings = {
    system: "be kind",
    template: "{{ .Prompt }}",
    parameters: { temperature: 0.5, stop: ["<a>", "<b>"] },
    messages: [{ role: "user" as const, content: "hi" }],
    licenses: ["MIT", "and more"],
  };

  test("a model is described in Ollama's shape", async () => {
    const { post } = createApp({ records: [createFakeRecord(model, { settings })] });
    expect(readObject(await post("/api/show", { model }))).toEqual({
      license: "MIT\nand more",
      modelfile: expect.stringContaining(`FROM ${model}\nTEMPLATE {{ .Prompt }}\nSYSTEM be kind\n`),
      parameters: [
        "temperature                    0.5",
        'stop                           "<a>"',
        'stop                           "<b>"',
      ].join("\n"),
      template: "{{ .Prompt }}",
      system: "be kind",
      messages: settings.messages,
      details,
      model_info: {
        "general.architecture": "fake",
        "general.parameter_count": 1_234_567,
        "fake.context_length": 4096,
      },
      capabilities: ["completion", "tools", "thinking"],
      modified_at: "2026-01-02T03:04:05.000Z",
      source: "pulled",
    });
  });

  test("the older field for the name will do, and the file's own template where there is no other", async () => {
    const body = readObject(await createApp().post("/api/show", { name: model }));
    expect(body).toMatchObject({ template: "{{ messages }}", system: "", parameters: "" });
  });

  test("where the files of a model lie is not told", async () => {
    expect((await createApp().post("/api/show", { model, verbose: true })).text).not.toContain("/blobs");
  });

  test("the context that the memory is to be told for reaches the one who tells it", async () => {
    const asked: unknown[] = [];
    const inspectModel: ServerChanges["inspectModel"] = async (_record, options) => {
      asked.push(options);
      return { modelInfo: {}, memory: { total: 1 } };
    };
    const { post } = createApp({ names: [model] }, { inspectModel });
    const answer = await post("/api/show", { model, options: { num_ctx: 64, seed: 1 }, system: "x" });
    expect(asked).toEqual([{ verbose: false, contextTokens: 64 }]);
    expect(readObject(answer).memory).toEqual({ total: 1 });
    expect(answer.headers.get("x-hearth-ignored")).toBe("system, options.seed");
  });

  test("a model that is not here is a 404, and no name a 400", async () => {
    const { post } = createApp();
    const missing = await post("/api/show", { model: "nope" });
    expect(missing.status).toBe(404);
    expect(readObject(missing).error).toContain('"nope" not found');
    expect((await post("/api/show", {})).status).toBe(400);
  });
});

describe("pull", () => {
  const digest = digestOf("weights");
  const status = `pulling ${digest.slice(7, 19)}`;
  const steps = [
    { type: "progress", status, digest, total: 100, completed: 40 },
    { type: "progress", status, digest, total: 100, completed: 100 },
    { type: "status", status: "verifying sha256 digest" },
  ] as const;

  test("progress is streamed in Ollama's words, and the model is there afterwards", async () => {
    const { post, library } = createApp({ pulls: { "qwen3:0.6b": steps } });
    const answer = await post("/api/pull", { model: "qwen3:0.6b" });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    expect(readLines(answer)).toEqual([
      { status: "pulling manifest" },
      { status, digest, total: 100, completed: 40 },
      { status, digest, total: 100, completed: 100 },
      { status: "verifying sha256 digest" },
      { status: "success" },
    ]);
    expect(await library.find("qwen3:0.6b")).toBeDefined();
  });

  test("without a stream the answer is success alone, and insecure is named as ignored", async () => {
    const { post } = createApp({ pulls: { tiny: steps } });
    const answer = await post("/api/pull", { name: "tiny", stream: false, insecure: true });
    expect(readObject(answer)).toEqual({ status: "success" });
    expect(answer.headers.get("x-hearth-ignored")).toBe("insecure");
  });

  test("a failure is a line with the error, or its status where nothing is streamed", async () => {
    const fail = new AppError("disk_full", "needs 9 GiB and 1 GiB is free");
    const { post } = createApp({ pulls: { big: [{ fail }] } });
    expect(readLines(await post("/api/pull", { model: "big" }))).toEqual([
      { status: "pulling manifest" },
      { error: "needs 9 GiB and 1 GiB is free" },
    ]);
    const whole = await post("/api/pull", { model: "big", stream: false });
    expect([whole.status, readObject(whole)]).toEqual([507, { error: "needs 9 GiB and 1 GiB is free" }]);
    expect((await post("/api/pull", { model: "nope", stream: false })).status).toBe(404);
  });

  test("silence is filled with the last progress again", async () => {
    const gate = Promise.withResolvers<void>();
    const { app } = createApp({ pulls: { slow: [{ until: gate.promise }] } }, { keepAliveMs: 1 });
    const body = JSON.stringify({ model: "slow" });
    const response = await app.request("/api/pull", { method: "POST", body });
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.split("\n").length > 2) gate.resolve();
    }
    const lines = readLines({ status: 200, headers: response.headers, text });
    expect(lines.slice(0, 2)).toEqual([{ status: "pulling manifest" }, { status: "pulling manifest" }]);
    expect(lines.at(-1)).toEqual({ status: "success" });
  });

  test("a client that goes away ends the pull", async () => {
    const never = new Promise<void>(() => {});
    const { app, library } = createApp({ pulls: { slow: [{ until: never }] } });
    const body = JSON.stringify({ model: "slow" });
    const response = await app.request("/api/pull", { method: "POST", body });
    expect(library.pulling).toBe(1);
    await response.body?.cancel();
    await waitUntil("the pull has ended", () => library.pulling === 0);
  });

  test("there is no push", async () => {
    const answer = await createApp().post("/api/push", { model });
    expect(answer.status).toBe(404);
    expect(readObject(answer)).toEqual({ error: "There is nothing at POST /api/push." });
  });
});

describe("copy and delete", () => {
  test("a copy is there under its name, and nothing is answered", async () => {
    const { post, library } = createApp();
    const answer = await post("/api/copy", { source: model, destination: "mine:1b" });
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect((await library.find("mine:1b"))?.name).toBe("mine:1b");
    expect((await post("/api/copy", { source: "nope", destination: "x" })).status).toBe(404);
    expect((await post("/api/copy", { source: model })).status).toBe(400);
  });

  test("a deleted model is gone from the library and from memory", async () => {
    const { send, library, engine } = createApp();
    expect((await send("DELETE", "/api/delete", { model })).status).toBe(200);
    expect(await library.find(model)).toBeUndefined();
    await waitUntil("it has left memory", () => engine.resident().length === 0);
    const again = await send("DELETE", "/api/delete", { name: model });
    expect([again.status, Object.keys(readObject(again))]).toEqual([404, ["error"]]);
  });

  test("the built-in model stays", async () => {
    const { send } = createApp({ names: ["hearth-demo"] });
    expect((await send("DELETE", "/api/delete", { model: "hearth-demo" })).status).toBe(403);
  });
});

describe("create", () => {
  test("a model is made of another one, with what is said of it", async () => {
    const { post, library } = createApp();
    const settings = {
      system: "be brief",
      template: "{{ .Prompt }}",
      license: "MIT",
      parameters: { temperature: 0, stop: ["x"] },
      messages: [{ role: "user" as const, content: "hi" }],
    };
    const answer = await post("/api/create", { model: "mine", from: model, ...settings });
    expect(readLines(answer)).toEqual([{ status: "writing manifest" }, { status: "success" }]);
    const { license, ...others } = settings;
    expect(library.creations).toEqual([
      { name: "mine", from: model, settings: { ...others, licenses: [license] } },
    ]);
    expect((await library.find("mine"))?.settings.system).toBe("be brief");
  });

  test("a model is made of files that were uploaded", async () => {
    const { app, post, library } = createApp();
    const digest = digestOf("weights");
    const upload = await app.request(`/api/blobs/${digest}`, { method: "POST", body: "weights" });
    expect(upload.status).toBe(201);
    const body = { model: "mine", files: { "a.gguf": digest.replace(":", "-") }, stream: false };
    expect(readObject(await post("/api/create", body))).toEqual({ status: "success" });
    expect(library.creations[0]?.files).toEqual({ "a.gguf": digest });
  });

  test.each([
    [{ from: undefined }, 400, "from"],
    [{ from: "nope" }, 404, "nope"],
    [{ files: { "a.gguf": "sha256:short" } }, 400, "files"],
    [{ files: { "a.gguf": digestOf("absent") } }, 400, "upload"],
    [{ parameters: { warmth: 1 } }, 400, "warmth"],
    [{ quantize: "q4_K_M" }, 400, "quantize"],
    [{ modelfile: "FROM x" }, 400, "modelfile"],
    [{ messages: [{ role: "wizard", content: "x" }] }, 400, "messages[0].role"],
  ])("%j is refused", async (body, status, named) => {
    const answer = await createApp().post("/api/create", { model: "m", from: model, stream: false, ...body });
    expect(answer.status).toBe(status);
    expect(readObject(answer).error).toContain(named);
  });
});

describe("blobs", () => {
  const digest = digestOf("weights");
  const path = `/api/blobs/${digest}`;

  test("a blob is here once it was uploaded, and is not read a second time", async () => {
    const { app, library } = createApp();
    const ask = async (method: string, body?: string) =>
      (await app.request(path, { method, ...(body === undefined ? {} : { body }) })).status;
    expect(await ask("HEAD")).toBe(404);
    expect(await ask("POST", "weights")).toBe(201);
    expect(await ask("HEAD")).toBe(200);
    expect(await ask("POST", "other bytes")).toBe(200);
    expect(library.blobs.get(digest)?.toString()).toBe("weights");
  });

  test("bytes of another digest are a 400, and nothing is kept", async () => {
    const { app, library } = createApp();
    const response = await app.request(path, { method: "POST", body: "other" });
    expect(response.status).toBe(400);
    expect(JSON.parse(await response.text()).error).toContain(digest);
    expect(library.blobs.size).toBe(0);
  });

  test("a blob cannot be fetched, which the allowed methods say", async () => {
    const { send } = createApp();
    const answer = await send("GET", path);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "HEAD, POST"]);
  });
});
