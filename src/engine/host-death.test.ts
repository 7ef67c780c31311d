import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { GenerateEvent } from "../contract/index.ts";
import { describeFile } from "../models/index.ts";
import {
  collectText,
  createChatRequest,
  createRealEngine,
  createTemporaryFolder,
  demoModelPath,
  isProcessAlive,
  waitUntil,
} from "../testing/index.ts";
import type { Engine } from "./engine.ts";

const never = new AbortController().signal;
const endless = (model = "hearth-demo") =>
  createChatRequest("Tell me about Hearth", {
    model,
    sampling: { temperature: 1, seed: 1, ignoreEndOfSequence: true },
  });

/** Process ids of this process's engine hosts, those of other engines in this test run included. */
function findHosts(): number[] {
  const { stdout } = Bun.spawnSync(["pgrep", "-P", String(process.pid), "-f", "role=engine-host"]);
  return stdout.toString().split("\n").filter(Boolean).map(Number);
}

/** Starts the engine's host and finds which process it is. */
async function startHost(engine: Engine): Promise<number> {
  const before = findHosts();
  await engine.load("hearth-demo");
  const [host] = findHosts().filter((pid) => !before.includes(pid));
  if (host === undefined) throw new Error("the engine started no host");
  return host;
}

async function firstText(events: AsyncIterator<GenerateEvent>): Promise<void> {
  for (let next = await events.next(); !next.done; next = await events.next())
    if (next.value.type === "text") return;
}

async function stop(engine: Engine): Promise<void> {
  await engine.stop(AbortSignal.abort());
}

describe("when an engine host dies", () => {
  test("by SIGKILL in the middle of an answer, the answer ends with an error and the next one comes from a fresh host", async () => {
    const exits: string[] = [];
    const engine = await createRealEngine(
      {},
      { hostExited: (_, { expected, reason }) => void (expected || exits.push(reason)) },
    );
    const host = await startHost(engine);
    const events = engine.generate(endless(), never)[Symbol.asyncIterator]();
    await firstText(events);
    process.kill(host, "SIGKILL");
    await expect(
      (async () => {
        for (let next = await events.next(); !next.done; next = await events.next());
      })(),
    ).rejects.toMatchObject({ code: "host_died" });
    expect(await collectText(engine.generate(createChatRequest("Reply with exactly: pong-42"), never))).toBe(
      "pong-42",
    );
    expect(exits).toEqual(["signal SIGKILL"]);
    expect(findHosts()).not.toContain(host);
    await stop(engine);
  });

  test("by an assertion inside ggml, only the model that caused it is touched", async () => {
    using folder = createTemporaryFolder();
    const path = join(folder.path, "aborts.gguf");
    await Bun.write(path, await writeModelThatAborts());
    let tail = "";
    // The reader refuses such a file, so the engine is given it past the reader.
    const demo = describeFile(demoModelPath, { name: "aborts", source: "file" });
    const layers = demo.layers.map((layer) => ({ ...layer, path }));
    const engine = await createRealEngine(
      {
        models: [
          { ...demo, digest: "sha256:aborts", layers },
          { id: "hearth-demo", path: demoModelPath },
        ],
      },
      {
        hostExited(_, exit) {
          if (!exit.expected) tail += exit.stderrTail;
        },
      },
    );
    const good = engine.generate(endless(), never)[Symbol.asyncIterator]();
    await firstText(good);
    await expect(collectText(engine.generate(endless("aborts"), never))).rejects.toMatchObject({
      code: "host_died",
      message: expect.stringContaining("SIGABRT"),
    });
    await firstText(good);
    await good.return?.();
    expect(tail).toContain("unsupported type");
    await stop(engine);
  });

  test("a chat template that never ends takes down its host, not the server", async () => {
    const chatTemplate =
      "{% if messages[0].content == 'loop' %}{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}";
    const engine = await createRealEngine({
      chatTemplate,
    });
    await expect(collectText(engine.generate(createChatRequest("loop"), never))).rejects.toMatchObject({
      code: "host_died",
    });
    expect(
      (await collectText(engine.generate(createChatRequest("hello", { maxTokens: 4 }), never))).length,
    ).toBeGreaterThan(0);
    await stop(engine);
  }, 60_000);
});

test("a grammar that explodes takes down its host within the deadline, and the next request is answered", async () => {
  const engine = await createRealEngine();
  const grammar = "root ::= (a a a a a a a a a a a a)\na ::= [a-z]* [a-z]* [a-z]* [a-z]*";
  const request = createChatRequest("hi", { constraint: { type: "grammar", grammar }, maxTokens: 10 });
  await expect(collectText(engine.generate(request, never))).rejects.toMatchObject({ code: "host_died" });
  expect(await collectText(engine.generate(createChatRequest("Reply with exactly: pong-42"), never))).toBe(
    "pong-42",
  );
  await stop(engine);
}, 60_000);

describe("an engine host", () => {
  test("frees a request's place within a step of its caller leaving", async () => {
    const engine = await createRealEngine({ parallel: 1, queue: 0 });
    const events = engine.generate(endless(), never)[Symbol.asyncIterator]();
    await firstText(events);
    await expect(collectText(engine.generate(endless(), never))).rejects.toMatchObject({
      code: "queue_full",
    });
    await events.return?.();
    expect(await collectText(engine.generate(createChatRequest("Reply with exactly: pong-42"), never))).toBe(
      "pong-42",
    );
    await waitUntil("nothing runs", () => engine.stats("hearth-demo")?.running === 0);
    await stop(engine);
  });

  test("ends with its engine", async () => {
    const engine = await createRealEngine();
    const host = await startHost(engine);
    expect(isProcessAlive(host)).toBe(true);
    await stop(engine);
    expect(isProcessAlive(host)).toBe(false);
  });
});

/** The built-in model with its last norm stored in a type that the kernels do not take. */
async function writeModelThatAborts(): Promise<Uint8Array> {
  const name = "output_norm.weight";
  const typeI32 = 26;
  const bytes = Buffer.from(await Bun.file(demoModelPath).arrayBuffer());
  const dimensionsBytes = 4 + 8;
  bytes.writeUInt32LE(typeI32, bytes.indexOf(name) + name.length + dimensionsBytes);
  return bytes;
}
