import { openPlugins } from "../../src/app/index.ts";
import { loadConfig } from "../../src/config/index.ts";
import { createTemporaryFolder, packPlugin } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { treeMemoryBytes } from "../process-tree.ts";
import { defaultHearthCommand } from "../servers.ts";
import { median } from "../statistics.ts";

const warmCalls = 5_000;
const coldStarts = 5;
const idlePlugins = 50;
const mebibyte = 2 ** 20;
const readyPollMs = 2;
const input = { response: "An answer of some words that a judge looks at.", prompt: "What is it?" };

type Server = AsyncDisposable & {
  readonly pid: number;
  /** Calls a plugin; milliseconds as the server measures them, from its call to the checked output. */
  call(name: string): Promise<number>;
  add(module: Uint8Array): Promise<void>;
};

/** What a call costs within the server, warm and cold, and what plugins that rest cost. */
export async function measureCalls(): Promise<readonly Figure[]> {
  const cold: number[] = [];
  for (let run = 0; run < coldStarts; run += 1) {
    await using server = await start();
    cold.push(await server.call("length-and-keywords"));
  }
  await using server = await start();
  for (let call = 0; call < warmCalls / 5; call += 1) await server.call("length-and-keywords");
  const warm: number[] = [];
  for (let call = 0; call < warmCalls; call += 1) warm.push(await server.call("length-and-keywords"));
  const warmMs = await measureWithin();
  return [
    {
      name: "warm call of a judge, one after the other, p50",
      value: `${(warmMs * 1_000).toFixed(0)} µs`,
      target: "150 µs",
      isReached: warmMs <= 0.15,
    },
    { name: "the same where each comes over HTTP, p50", value: `${(median(warm) * 1_000).toFixed(0)} µs` },
    {
      name: "first call: process, module, instance and answer",
      value: `${median(cold).toFixed(0)} ms`,
      target: "100 ms",
      isReached: median(cold) <= 100,
    },
    await measureIdle(server),
  ];
}

/** Milliseconds of a call as the server's own code makes it. */
async function measureWithin(): Promise<number> {
  using folder = createTemporaryFolder();
  const plugins = await openPlugins(await loadConfig({ flags: { home: folder.path }, environment: {} }));
  const times: number[] = [];
  for (let call = 0; call < warmCalls; call += 1) {
    const startedMs = performance.now();
    const result = await plugins.judge("length-and-keywords", input);
    if (!result.ok) throw new Error(result.failure.message);
    if (call >= warmCalls / 5) times.push(performance.now() - startedMs);
  }
  await plugins.close();
  return median(times);
}

async function measureIdle(server: Server): Promise<Figure> {
  const module = await Bun.file(
    `${import.meta.dir}/../../native/.cache/plugins/length-and-keywords.wasm`,
  ).bytes();
  async function addCopy(index: number): Promise<void> {
    const name = `copy-${index}`;
    await server.add(packPlugin(module, { kind: "judge", name, version: "1.0.0" }));
    await server.call(name);
  }
  // The first brings the processes, which are there for one plugin too.
  await addCopy(1);
  const one = treeMemoryBytes(server.pid);
  for (let index = 2; index <= idlePlugins; index += 1) await addCopy(index);
  const grownMiB = (treeMemoryBytes(server.pid) - one) / mebibyte;
  return {
    name: `${idlePlugins} plugins that were called once, more than one`,
    value: `${grownMiB.toFixed(0)} MiB`,
    target: "60 MB",
    isReached: grownMiB * mebibyte <= 60_000_000,
  };
}

async function start(): Promise<Server> {
  const folder = createTemporaryFolder();
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  const options = ["--port", `${port}`, "--home", folder.path, "--preload", "off", "--discover", "off"];
  const child = Bun.spawn([...defaultHearthCommand(), "serve", ...options], { stderr: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/livez`).catch(() => undefined))?.ok) await Bun.sleep(readyPollMs);
  return {
    pid: child.pid,
    async call(name) {
      const answer = await send(
        `${url}/api/plugins/${name}/call`,
        JSON.stringify({ input }),
        "application/json",
      );
      return Number(answer.duration_ms);
    },
    async add(module) {
      await send(`${url}/api/plugins`, Buffer.from(module), "application/wasm");
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
      folder[Symbol.dispose]();
    },
  };
}

async function send(
  url: string,
  body: string | Buffer<ArrayBuffer>,
  contentType: string,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { method: "POST", body, headers: { "content-type": contentType } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
