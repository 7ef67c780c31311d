import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { readPrivateMemoryBytes } from "../../process/index.ts";
import { packPlugin } from "../guest-plugins.ts";
import type { HostileModule } from "../hostile/hostile-module.ts";
import { hostileModules } from "../hostile/hostile-modules.ts";
import { saying } from "../hostile/outputs.ts";
import { childrenOf, runProgram, type ServeProcess, startServe } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { isProcessAlive, waitUntil } from "../wait-until.ts";
import { startBystander } from "./bystander.ts";
import { post, readJson } from "./requests.ts";

setDefaultTimeout(60_000);

const limits = { timeoutMs: 600, loadTimeoutMs: 2_000, memoryBytes: 16_777_216, blockBytes: 16_777_216 };
/** What a plugin host may keep of guests that are gone. */
const keptBytes = 200 * 1_048_576;
/** After the name of the program. */
const userTicksField = 11;
/** More than a host takes to start. */
const spinTicks = 30;
/** Of the byte that tells a module from a component. */
const versionOffset = 4;
const verdict = '{"verdict":"pass","score":1,"reasons":[],"metrics":{}}';
const question = { prompt: "p", response: "r" };

/** The worst of each class. */
const worst = [
  "a loop without end in the export",
  "a start function without end",
  "a function that calls itself without end",
  "linear memory in small steps",
  "Extism's memory in blocks of a megabyte",
  "a table that grows",
  "an output of 200 MB in a block that is as large",
  "lines logged without end",
  "a trap",
  "a function of ten megabytes",
  "an import of a module that is not there",
  "a component",
  "kv_get of the address -1",
] as const;

/** On a busy machine their time may be over before the memory is full. */
const filling: ReadonlySet<string> = new Set([
  "linear memory in small steps",
  "Extism's memory in blocks of a megabyte",
  "a table that grows",
]);

function find(name: string): HostileModule {
  const found = Object.values(hostileModules)
    .flat()
    .find((module) => module.name === name);
  if (!found) throw new Error(`there is no hostile module "${name}"`);
  return found;
}

/** The text that the built-in model answers when it is always the same. */
async function ask(server: ServeProcess): Promise<string> {
  const messages = [{ role: "user", content: "Reply with exactly: pong-42" }];
  const response = await post(`${server.url}/v1/chat/completions`, { messages, temperature: 0, seed: 1 });
  const { choices } = await readJson<{ choices: readonly { message: { content: string } }[] }>(response);
  return choices[0]?.message.content ?? "";
}

async function addPlugin(server: ServeProcess, name: string, module: Uint8Array): Promise<Response> {
  const permissions = { kv: { reason: "the test wants it" } };
  const manifest = { kind: "judge", name, version: "1.0.0", permissions };
  const isModule = module[versionOffset] === 1;
  const body = isModule ? packPlugin(module, manifest) : module;
  return await fetch(`${server.url}/api/plugins`, { method: "POST", body });
}

function call(server: ServeProcess, name: string): Promise<Response> {
  return post(`${server.url}/api/plugins/${name}/call`, { input: question });
}

async function codeOf(response: Response): Promise<string> {
  const { error } = await readJson<{ error?: { code: string } }>(response);
  return error?.code ?? "ok";
}

test.each(worst)("%s fails with a code of its own on the command line", async (name) => {
  using folder = createTemporaryFolder();
  const { make, expect: codes } = find(name);
  const path = folder.file("plugin.wasm");
  writeFileSync(path, make());
  const flags = Object.entries(limits).flatMap(([limit, value]) => ["--limit", `${limit}=${value}`]);
  const { output, errors, code } = await runProgram([
    ...["plugin", "call", path, "--export", "run", "--input", "-", "--json"],
    ...flags,
  ]);
  expect(`${output}${errors}`).not.toMatch(/\n\s+at |\$bunfs|\/src\//);
  const { error }: { error: { code: string; message: string } } = JSON.parse(output);
  // Without a manifest nothing can be granted to it.
  expect([...codes, "not_granted"]).toContain(error.code);
  expect(error.message).not.toContain(folder.path);
  expect(code).toBe(1);
});

test("while plugins misbehave the server answers chats as before, and nothing of them is left", async () => {
  await using server = await startServe();
  const before = await ask(server);
  expect(before).not.toBe("");
  expect((await addPlugin(server, "good", saying(verdict))).status).toBe(201);
  const bystander = startBystander(server.url);
  const hosts = new Set<number>();
  // The limits of a plugin come after it was added, and until then a start function has ten seconds.
  const added = worst.filter((name) => !name.includes("start function"));
  for (const [index, name] of added.entries()) {
    const { make, expect: codes } = find(name);
    const plugin = `hostile-${index}`;
    const answer = await addPlugin(server, plugin, make());
    for (const pid of childrenOf(server.pid)) hosts.add(pid);
    if (!answer.ok) {
      expect([name, codes]).toEqual([name, expect.arrayContaining([await codeOf(answer)])]);
      continue;
    }
    const granted = await post(`${server.url}/api/plugins/${plugin}/grants`, { limits, grants: ["kv"] });
    expect([name, granted.status]).toEqual([name, 200]);
    const [hostile, good, text] = await Promise.all([
      call(server, plugin).then(codeOf),
      call(server, "good").then((response) => response.json()),
      ask(server),
    ]);
    const allowed = filling.has(name) ? [...codes, "timeout"] : codes;
    expect([name, allowed]).toEqual([name, expect.arrayContaining([hostile])]);
    expect(good).toMatchObject({ output: { verdict: "pass" } });
    expect(text).toBe(before);
    for (const pid of childrenOf(server.pid)) hosts.add(pid);
  }
  await bystander.stop();
  expect(bystander.failure).toBeUndefined();
  expect(bystander.finished).toBeGreaterThan(0);
  const [engine = 0] = server.hosts();
  const guests = () => server.hosts().filter((pid) => pid !== engine);
  await waitUntil("memory has returned", () =>
    guests().every((pid) => (readPrivateMemoryBytes(pid) ?? 0) < keptBytes),
  );
  server.kill("SIGTERM");
  expect(await server.exited).toBe(0);
  await waitUntil("no process is left", () => ![...hosts].some(isProcessAlive));
});

/** Time of the processor that a process has had, in hundredths of a second. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[userTicksField]);
}

test("a plugin that breaks its limits twice runs no more, until it is enabled again", async () => {
  await using server = await startServe();
  await addPlugin(server, "spins", find("a loop without end in the export").make());
  await post(`${server.url}/api/plugins/spins/grants`, { limits });
  expect(await codeOf(await call(server, "spins"))).toBe("timeout");
  expect(await codeOf(await call(server, "spins"))).toBe("timeout");
  expect(await codeOf(await call(server, "spins"))).toBe("plugin_quarantined");
  await post(`${server.url}/api/plugins/spins/enable`, {});
  expect(await codeOf(await call(server, "spins"))).toBe("timeout");
});

test("a server that is killed while a plugin spins leaves no process behind", async () => {
  await using server = await startServe();
  await addPlugin(server, "spins", find("a loop without end in the export").make());
  await post(`${server.url}/api/plugins/spins/grants`, { limits: { timeoutMs: 60_000 } });
  const before = server.hosts();
  const spinning = call(server, "spins").catch(() => undefined);
  const spins = () => server.hosts().find((pid) => !before.includes(pid) && cpuTicks(pid) > spinTicks);
  await waitUntil("the plugin spins", () => spins() !== undefined);
  const all = server.hosts();
  server.kill("SIGKILL");
  await waitUntil("no process is left", () => !all.some(isProcessAlive));
  await spinning;
});
