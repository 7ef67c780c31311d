import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { libraryDir } from "../../../native/library.ts";
import { EventQueue } from "../../base/index.ts";
import type { GenerateEvent, GenerateRequest } from "../../contract/index.ts";
import { type Host, spawnHost } from "../../process/index.ts";
import {
  createChatRequest,
  createTemporaryFolder,
  demoModelPath,
  findTestModel,
} from "../../testing/index.ts";
import type { HostMessage, HostRequest, HostStats } from "../protocol.ts";
import { planTestContext } from "./llama-fixture.ts";
import type { LoadOptions } from "./load-options.ts";

type Started = { readonly host: Host<HostRequest>; next(): Promise<HostMessage> };

const started: Host<HostRequest>[] = [];

function start(options: Partial<LoadOptions> = {}): Started {
  const messages = new EventQueue<HostMessage>();
  const host = spawnHost<HostRequest, HostMessage>({
    role: "engine-host",
    onMessage: (message) => messages.push(message),
  });
  started.push(host);
  host.send({
    type: "load",
    options: {
      libraryDir: libraryDir(),
      modelPath: demoModelPath,
      context: planTestContext(8192, 2048),
      parallel: 4,
      kvType: "f16",
      gpuLayers: 0,
      prefixCacheBytes: 1 << 24,
      threads: 1,
      ...options,
    },
  });
  const iterator = messages[Symbol.asyncIterator]();
  return {
    host,
    async next() {
      const { value, done } = await iterator.next();
      if (done) throw new Error("the host said no more");
      return value;
    },
  };
}

async function waitFor<Found>(
  from: Started,
  find: (message: HostMessage) => Found | undefined,
): Promise<Found> {
  for (;;) {
    const found = find(await from.next());
    if (found !== undefined) return found;
  }
}

const loaded = (from: Started) =>
  waitFor(from, (message) => {
    if (message.type === "load-failed") throw new Error(message.error.message);
    return message.type === "loaded" ? message : undefined;
  });

/** The stats of the next report for which `test` holds. */
const statsWhere = (from: Started, test: (stats: HostStats) => boolean) =>
  waitFor(from, (message) => (message.type === "report" && test(message.stats) ? message.stats : undefined));

const eventOf = (from: Started, id: number, type: GenerateEvent["type"]) =>
  waitFor(from, (message) => {
    if (message.type !== "events") return undefined;
    return message.events.find((event) => {
      if (event.id === id && "error" in event) throw new Error(event.error.message);
      return event.id === id && "event" in event && event.event.type === type;
    });
  });

const endless = (content: string, changes: Partial<GenerateRequest> = {}) =>
  createChatRequest(content, { sampling: { temperature: 0, ignoreEndOfSequence: true }, ...changes });

afterEach(() => {
  for (const host of started.splice(0)) host.kill();
});

describe("what a host says when its model is loaded", () => {
  test("is where it lies, how long each part of the load took, and what it holds", async () => {
    const { description, phases, memory } = await loaded(start());
    expect(description.placement).toEqual({ device: "cpu", gpuLayers: 0, failedAttempts: [] });
    const { spawnToLoadMs, totalMs, ...parts } = phases;
    expect(spawnToLoadMs).toBeGreaterThan(0);
    const sum = Object.values(parts).reduce((total, ms) => total + ms, 0);
    expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
    expect(sum).toBeLessThanOrEqual(totalMs);
    expect(totalMs).toBeLessThan(sum + 1000);
    const [cpu] = memory ?? [];
    expect(cpu).toMatchObject({ device: "CPU" });
    expect(cpu?.modelBytes).toBeGreaterThan(4_000_000);
    expect(cpu?.contextBytes).toBeGreaterThan(0);
    expect(cpu?.computeBytes).toBeGreaterThan(0);
  });

  test("follows the plan that it was given to the letter", async () => {
    const context = {
      kvTokens: 768,
      sequenceTokens: 512,
      maxSequences: 6,
      batchTokens: 256,
      maxOutputs: 6,
      embedTokens: 100,
    };
    const host = start({ context });
    expect((await loaded(host)).description.contextTokens).toBe(512);
    host.host.send({ type: "generate", id: 1, request: createChatRequest("Who are you?") });
    expect(await statsWhere(host, ({ kvTotalTokens }) => kvTotalTokens > 0)).toMatchObject({
      kvTotalTokens: 768,
    });
  });
});

describe("limits that change while a host runs", () => {
  test("hold from the next step on, and the answers go on", async () => {
    const host = start({ threads: 2 });
    await loaded(host);
    // Threads that wait for each other make a busy machine slow out of all proportion.
    host.host.send({ type: "limit", threads: 1 });
    for (let id = 1; id <= 4; id++)
      host.host.send({
        type: "generate",
        id,
        request: endless(`Tell me about ${id}`, { maxTokens: 30 * id }),
      });
    await eventOf(host, 4, "started");
    host.host.send({ type: "limit", parallel: 1 });
    host.host.send({ type: "generate", id: 5, request: endless("Tell me about 5", { maxTokens: 1500 }) });
    host.host.send({ type: "generate", id: 6, request: endless("Tell me about 6", { maxTokens: 4 }) });
    await eventOf(host, 4, "done");
    expect(await statsWhere(host, ({ running }) => running > 0)).toMatchObject({ running: 1, waiting: 1 });
    host.host.send({ type: "limit", parallel: 99 });
    expect(await eventOf(host, 6, "done")).toBeDefined();
    expect(await eventOf(host, 5, "done")).toBeDefined();
  });

  test("a smaller budget drops parked prefixes at once, without a request", async () => {
    const host = start({ parallel: 1 });
    await loaded(host);
    for (let id = 1; id <= 3; id++) {
      const input = { type: "text", text: `${id} ${"word ".repeat(99)}` } as const;
      host.host.send({ type: "generate", id, request: endless("", { input, maxTokens: 40 }) });
      await eventOf(host, id, "done");
    }
    const { prefixCacheEntries } = await statsWhere(host, (stats) => stats.prefixCacheEntries > 0);
    expect(prefixCacheEntries).toBeGreaterThan(0);
    host.host.send({ type: "limit", prefixCacheBytes: 0 });
    expect(await statsWhere(host, ({ prefixCacheBytes }) => prefixCacheBytes === 0)).toMatchObject({
      prefixCacheEntries: 0,
    });
  });
});

const base = findTestModel("stories260K.gguf");
const lora = findTestModel("synthetic-stories260K-lora.gguf");
const story: Partial<GenerateRequest> = {
  input: { type: "text", text: "Once upon a time, there was a little" },
  maxTokens: 16,
};

describe.skipIf(!base || !lora)("adapters of a host", () => {
  const adapters = [
    { name: "story", path: lora ?? "" },
    { name: "gone", path: "/nonexistent.gguf" },
  ];

  async function tell(host: Started, id: number, changes: Partial<GenerateRequest>): Promise<string> {
    let text = "";
    host.host.send({ type: "generate", id, request: endless("", { ...story, ...changes }) });
    await waitFor(host, (message) => {
      if (message.type !== "events") return undefined;
      for (const event of message.events) {
        if (event.id !== id) continue;
        if ("error" in event) throw new Error(event.error.message);
        if (!("event" in event)) continue;
        if (event.event.type === "text") text += event.event.text;
        if (event.event.type === "done") return true;
      }
      return undefined;
    });
    return text;
  }

  test("are its defaults where a request names none, and none where it names none of them", async () => {
    const host = start({ modelPath: base ?? "", adapters, defaultAdapters: [{ name: "story", scale: 1 }] });
    expect((await loaded(host)).adapterProblem).toBeUndefined();
    const byDefault = await tell(host, 1, {});
    const named = await tell(host, 2, { adapters: [{ name: "story", scale: 1 }] });
    const none = await tell(host, 3, { adapters: [] });
    const off = await tell(host, 4, { adapters: [{ name: "story", scale: 0 }] });
    expect(named).toBe(byDefault);
    expect(off).toBe(none);
    expect(none).not.toBe(byDefault);
  });

  test("that cannot be loaded refuse the requests that want them; the host goes on", async () => {
    const host = start({ modelPath: base ?? "", adapters, defaultAdapters: [{ name: "gone", scale: 1 }] });
    expect((await loaded(host)).adapterProblem).toContain('the adapter "gone" cannot be used');
    await expect(tell(host, 1, {})).rejects.toThrow("/nonexistent.gguf");
    await expect(tell(host, 2, { adapters: [{ name: "typo", scale: 1 }] })).rejects.toThrow(
      "there are: story, gone",
    );
    expect(await tell(host, 3, { adapters: [{ name: "story", scale: 1 }] })).not.toBe("");
  });
});

test("a file that cannot be loaded is told with llama.cpp's reason, tried once", async () => {
  using folder = createTemporaryFolder();
  const path = join(folder.path, "noise.gguf");
  await Bun.write(path, crypto.getRandomValues(new Uint8Array(4096)));
  const error = await waitFor(start({ modelPath: path }), (message) =>
    message.type === "load-failed" ? message.error : undefined,
  );
  expect(error).toMatchObject({ code: "model_load_failed", message: expect.stringContaining(path) });
});
