/** The life of models on the command line, with the real program against a registry on this machine. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { demoModelPath } from "../models.ts";
import { digestOf, type RegistryServer, startRegistry } from "../registry/registry-server.ts";
import { programCommand, startServe } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";

setDefaultTimeout(60_000);

const demoModel = readFileSync(demoModelPath);
const quiet = ["--temperature", "0", "--threads", "1"] as const;
const question = "Reply with exactly: pong-42";
const modelType = "application/vnd.ollama.image.model";
const systemType = "application/vnd.ollama.image.system";
const paramsType = "application/vnd.ollama.image.params";
/** Nothing listens there. */
const nowhere = "http://127.0.0.1:1";

type World = Disposable & {
  readonly registry: RegistryServer;
  /** Paths in a folder that is also the home's. */
  file(...parts: string[]): string;
  readonly environment: Readonly<Record<string, string>>;
  start(argv: readonly string[]): ReturnType<typeof spawn>;
  hearth(
    ...argv: string[]
  ): Promise<{ readonly code: number; readonly output: string; readonly errors: string }>;
};

/** A home folder and a registry that has `tiny` and `hf.co/org/tiny-GGUF`. */
function createWorld(): World {
  const folder = createTemporaryFolder();
  const registry = startRegistry();
  registry.addModel("library/tiny:latest", [
    { mediaType: modelType, bytes: demoModel },
    { mediaType: systemType, bytes: Buffer.from("Answer as a pirate.") },
    { mediaType: paramsType, bytes: Buffer.from('{"temperature":0,"stop":["zzz"]}') },
  ]);
  registry.addRepository("org/tiny-GGUF", { "tiny-Q8_0.gguf": { bytes: demoModel } });
  const environment = {
    HEARTH_HOME: folder.file("home"),
    HEARTH_DISCOVER: "off",
    HEARTH_REGISTRY: registry.url,
    HF_ENDPOINT: registry.url,
  };
  return {
    registry,
    environment,
    file: folder.file,
    start: (argv) => spawn(argv, environment),
    async hearth(...argv) {
      const program = spawn(argv, environment);
      const [output, errors] = await Promise.all([program.stdout.text(), program.stderr.text()]);
      return { code: await program.exited, output, errors };
    },
    [Symbol.dispose]() {
      registry[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

function spawn(argv: readonly string[], environment: Readonly<Record<string, string>>) {
  return Bun.spawn([...programCommand(), ...argv], {
    env: environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

function listBlobs({ file }: World): readonly string[] {
  const folder = file("home", "models", "blobs");
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^sha256-[0-9a-f]{64}$/.test(name)) : [];
}

describe("a model of a registry", () => {
  test("is pulled, listed, shown, run, copied and removed", async () => {
    using world = createWorld();
    const { hearth, registry } = world;

    const pulled = await hearth("pull", "tiny");
    expect(pulled).toMatchObject({ code: 0, output: "tiny:latest, 4.5 MiB\n" });
    expect(pulled.errors).toMatch(/^pulling manifest\n(pulling \w+: .*\n)+verifying .*\nwriting manifest\n$/);

    registry.sent.clear();
    expect((await hearth("pull", "tiny:latest", "--json")).output).toContain('"type":"done"');
    expect(registry.sent.total(digestOf(demoModel))).toBe(0);

    expect((await hearth("ls")).output).toMatch(
      /^tiny:latest +pulled +4\.5 MiB .* Q8_0 +2048 .* chat, tools/m,
    );

    const shown = JSON.parse((await hearth("show", "tiny", "--json")).output);
    expect(shown).toMatchObject({
      name: "tiny:latest",
      source: "pulled",
      layers: 6,
      settings: { system: "Answer as a pirate.", parameters: { temperature: 0, stop: ["zzz"] } },
      memory: { contextTokens: 2048, totalBytes: expect.any(Number) },
    });

    const answer = await hearth("run", "tiny", question, "--threads", "1");
    expect(answer).toMatchObject({ code: 0, errors: "" });
    expect(answer.output.trim()).not.toBe("");
    expect(JSON.parse((await hearth("ls", "--json")).output)).toContainEqual(
      expect.objectContaining({
        name: "tiny:latest",
        uses: expect.any(Number),
        lastUsedAt: expect.any(String),
      }),
    );

    expect(await hearth("cp", "tiny", "mine")).toMatchObject({ code: 0 });
    expect((await hearth("ls")).output).toMatch(/^mine:latest .* 4\.5 MiB +4\.5 MiB /m);
    expect((await hearth("rm", "tiny")).output).toBe("removed tiny, 0 B freed\n");
    expect(await hearth("run", "mine", question, ...quiet)).toMatchObject({ code: 0 });
    expect((await hearth("rm", "mine")).output).toBe("removed mine, 4.5 MiB freed\n");
    expect(listBlobs(world)).toEqual([]);
  });

  test("is shown before it is pulled, for the price of its header", async () => {
    using world = createWorld();
    const { code, output } = await world.hearth("show", "hf.co/org/tiny-GGUF:Q8_0");
    expect(code).toBe(0);
    expect(output).toMatch(/^source +remote$/m);
    expect(output).toMatch(/^architecture +llama$/m);
    expect(output).toMatch(/^memory +[\d.]+ MiB at a context of 2048 tokens$/m);
    expect(world.registry.sent.total(digestOf(demoModel))).toBeLessThan(demoModel.length / 2);
    expect((await world.hearth("ls")).output).not.toContain("tiny");
    const absent = await world.hearth("show", "hf.co/org/absent");
    expect(absent).toMatchObject({ code: 1, errors: expect.stringContaining("hf.co/org/absent") });
  });

  test("is pulled by run where it is not here, and its answer stands alone on stdout", async () => {
    using world = createWorld();
    const { code, output, errors } = await world.hearth("run", "hf.co/org/tiny-GGUF", question, ...quiet);
    expect({ code, output }).toEqual({ code: 0, output: "pong-42\n" });
    expect(errors).toMatch(/^(pulling \w+: .*\n)+/);
  });

  test("is pulled by the name of its file", async () => {
    using world = createWorld();
    const { code, output } = await world.hearth("pull", "hf.co/org/tiny-GGUF/tiny-Q8_0.gguf");
    expect({ code, output }).toEqual({ code: 0, output: "hf.co/org/tiny-GGUF/tiny-Q8_0.gguf, 4.5 MiB\n" });
    expect(await world.hearth("show", "hf.co/org/tiny-GGUF/tiny-Q8_0.gguf")).toMatchObject({ code: 0 });
  });

  test("that is stopped by Ctrl-C keeps what came, says so, and goes on from there", async () => {
    using world = createWorld();
    const { registry, hearth } = world;
    registry.misbehave({ path: "/blobs/", how: { kind: "slow", chunkBytes: 200_000, delayMs: 50 } });
    const program = world.start(["pull", "tiny", "--json"]);
    await readUntil(program.stdout, (text) => [...text.matchAll(/"completed":(\d+)/g)].some(isMegabyte));
    program.kill("SIGINT");
    expect(await program.stderr.text()).toMatch(/^hearth: .*stopped.*pull again.*\n$/);
    expect(await program.exited).toBe(130);
    expect((await hearth("ls")).output).not.toContain("tiny");

    registry.behave();
    registry.sent.clear();
    expect(await hearth("pull", "tiny")).toMatchObject({ code: 0 });
    expect(registry.sent.total(digestOf(demoModel))).toBeLessThanOrEqual(demoModel.length - megabyte);
    expect(await hearth("verify")).toMatchObject({ code: 0 });
  });

  test("has a bar on a terminal, drawn in place", async () => {
    using world = createWorld();
    world.registry.misbehave({ path: "/blobs/", how: { kind: "slow", chunkBytes: 400_000, delayMs: 50 } });
    let screen = "";
    const program = Bun.spawn([...programCommand(), "pull", "tiny"], {
      env: { ...world.environment, TERM: "xterm" },
      terminal: {
        cols: 90,
        rows: 20,
        data: (_, bytes) => (screen += decoder.decode(bytes, { stream: true })),
      },
    });
    expect(await program.exited).toBe(0);
    program.terminal?.close();
    expect(screen).toMatch(/ \d+ % +\d+(\.\d+)? [KM]iB of 4\.5 MiB +\d+(\.\d+)? [KM]iB\/s +\d+s/);
    expect(screen).toContain("\x1b[1A");
    const lines = Bun.stripANSI(screen).split(/[\r\n]+/);
    expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBeLessThan(90);
    expect(lines.filter((line) => line.includes("100 %"))).toHaveLength(4);
    expect(screen).toEndWith("tiny:latest, 4.5 MiB\r\n");
  });
});

const megabyte = 1_000_000;
const decoder = new TextDecoder();
const isMegabyte = ([, completed]: RegExpExecArray) => Number(completed) >= megabyte;

/** Reads a stream to the point where what came fulfils a condition. */
async function readUntil(
  stream: ReadableStream<Uint8Array>,
  isEnough: (text: string) => boolean,
): Promise<void> {
  const reader = stream.getReader();
  let text = "";
  while (!isEnough(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the program ended after ${JSON.stringify(text)}`);
    text += new TextDecoder().decode(value);
  }
  reader.releaseLock();
}

describe("what cannot be had is one message and code 1", () => {
  test.each<[string, (world: World) => readonly string[], RegExp]>([
    ["a name that the registry does not have", () => ["pull", "absent"], /absent/],
    ["a repository that there is not", () => ["pull", "hf.co/org/absent"], /absent/],
    ["a name that is none", () => ["pull", "a b"], /"a b"/],
    ["a path", (world) => ["pull", world.file("x.gguf")], /hearth import/],
    ["a model to show", () => ["show", "gpt-4", "--json"], /there is no model "gpt-4"/],
    [
      "a model to run",
      () => ["run", "absent", "hi"],
      /there is no model "absent" here, and it cannot be pulled/,
    ],
    ["a model to copy", () => ["cp", "absent", "mine"], /there is no model "absent"/],
    ["a model to verify", () => ["verify", "absent"], /there is no model "absent"/],
    ["the built-in model to remove", () => ["rm", "hearth-demo"], /built in/],
    ["a server to ask", () => ["ps", "--port", "1"], /no server answers at .*hearth serve/],
    [
      "a registry without network",
      () => ["pull", "tiny", "--registry", nowhere],
      /127\.0\.0\.1:1 cannot be reached/,
    ],
  ])("%s", async (_, argv, says) => {
    using world = createWorld();
    const { code, output, errors } = await world.hearth(...argv(world));
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toMatch(says);
    const messages = errors.split("\n").filter((line) => line.startsWith("hearth: "));
    expect(messages).toHaveLength(1);
    expect(errors).not.toMatch(/\n\s+at /);
  });

  test("what a registry says cannot steer the terminal", async () => {
    using world = createWorld();
    const body = '{"errors":[{"code":"X","message":"\\u001b[2Jgone"}]}\x1b[2J';
    world.registry.misbehave({ how: { kind: "status", status: 403, body } });
    const { code, errors } = await world.hearth("pull", "tiny");
    expect(code).toBe(1);
    expect(errors).not.toContain("\x1b");
  });

  test("a file that came wrong has no name", async () => {
    using world = createWorld();
    world.registry.misbehave({ path: digestOf(demoModel), how: { kind: "corrupt", fileByte: 4_000_000 } });
    const { code, errors } = await world.hearth("pull", "tiny");
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(/\nhearth: .+\n$/) });
    expect((await world.hearth("ls")).output).not.toContain("tiny");
  });
});

describe("a file of this machine", () => {
  test("is imported without a copy, and in place is only remembered", async () => {
    using world = createWorld();
    const { hearth, file } = world;
    writeFileSync(file("own.gguf"), demoModel);
    expect(await hearth("import", file("own.gguf"), "--name", "own:1")).toMatchObject({
      code: 0,
      output: "own:1, 4.5 MiB\n",
    });
    expect(statSync(file("own.gguf")).nlink).toBe(2);
    expect(await hearth("import", file("own.gguf"), "--in-place")).toMatchObject({ code: 0 });
    expect(await hearth("run", "own", question, ...quiet)).toMatchObject({ code: 0, output: "pong-42\n" });
    expect((await hearth("ls")).output).toMatch(/^own:1 +imported /m);
    expect(await hearth("rm", "own", "own:1")).toMatchObject({ code: 0 });
    expect(readFileSync(file("own.gguf")).equals(demoModel)).toBe(true);
    expect(listBlobs(world)).toEqual([]);
  });

  test("that is no model is refused in one line, and nothing is kept", async () => {
    using world = createWorld();
    writeFileSync(world.file("bad.gguf"), "no model");
    const { code, output, errors } = await world.hearth("import", world.file("bad.gguf"));
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toMatch(/^hearth: .*is not a GGUF file.*\n$/);
    expect(listBlobs(world)).toEqual([]);
  });

  test("becomes a model with a Modelfile's system prompt, which answers", async () => {
    using world = createWorld();
    const { hearth, file } = world;
    writeFileSync(file("weights.gguf"), demoModel);
    writeFileSync(file("Modelfile"), "FROM ./weights.gguf\nSYSTEM Be brief.\nPARAMETER temperature 0\n");
    expect(await hearth("create", "brief", "-f", file("Modelfile"))).toMatchObject({
      code: 0,
      output: "brief:latest is created\n",
    });
    expect((await hearth("show", "brief")).output).toMatch(/^system +Be brief\.$/m);
    const remade = await hearth("show", "brief", "--modelfile");
    writeFileSync(file("Remade"), remade.output);
    expect(await hearth("create", "again", "-f", file("Remade"))).toMatchObject({ code: 0 });
    expect(listBlobs(world)).toHaveLength(1);
    expect(await hearth("run", "again", question, "--threads", "1")).toMatchObject({ code: 0 });
  });

  test("that is broken and configured is listed with its reason beside the others", async () => {
    using world = createWorld();
    writeFileSync(world.file("broken.gguf"), "no model");
    const { code, output } = await world.hearth("ls", "--model", world.file("broken.gguf"));
    expect(code).toBe(1);
    expect(output).toMatch(/^hearth-demo +built-in /m);
    expect(output).toContain("is not a GGUF file");
  });
});

describe("the store", () => {
  test("verify finds a byte that changed, and pulling anew mends it", async () => {
    using world = createWorld();
    const { hearth } = world;
    await hearth("pull", "tiny");
    await hearth("cp", "tiny", "mine");
    expect(await hearth("verify")).toMatchObject({ code: 0 });
    const digest = digestOf(demoModel);
    const path = world.file("home", "models", "blobs", digest.replace(":", "-"));
    flipByte(path, 3_000_000);
    const { code, output } = await hearth("verify");
    expect(code).toBe(1);
    expect(output).toContain(
      `${digest} has other bytes than its name says; needed by mine:latest, tiny:latest`,
    );
    expect(await hearth("verify", "tiny", "--json")).toMatchObject({ code: 1 });
    await hearth("rm", "tiny", "mine");
    await hearth("pull", "tiny");
    expect(await hearth("verify")).toMatchObject({ code: 0 });
  });

  test("gc frees what nothing needs and nothing else", async () => {
    using world = createWorld();
    const { hearth } = world;
    await hearth("pull", "tiny");
    const kept = listBlobs(world);
    const stray = Buffer.from("nobody needs this");
    writeFileSync(world.file("home", "models", "blobs", digestOf(stray).replace(":", "-")), stray);
    expect((await hearth("gc", "--all")).output).toBe("freed 17 B, 1 file\n");
    expect(listBlobs(world)).toEqual(kept);
  });

  test("doctor says how many models it holds, and what is wrong with a database that is none", async () => {
    using world = createWorld();
    const { hearth } = world;
    await hearth("pull", "tiny");
    expect((await hearth("doctor", "--port", "0")).output).toMatch(/^(ok|warning) +models +1 stored in /m);
    truncateSync(world.file("home", "models", "hearth.db"), 100);
    const { code, output } = await hearth("doctor", "--port", "0");
    expect(code).toBe(1);
    expect(output).toMatch(/^failed +models .*\n.*hearth\.db/m);
    const listed = await hearth("ls");
    expect({ code: listed.code, errors: listed.errors }).toEqual({
      code: 1,
      errors: expect.stringMatching(/^hearth: stored models cannot be listed: the database .* is damaged/m),
    });
  });
});

function flipByte(path: string, position: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

test("ps shows what a running server holds, and unload takes it out", async () => {
  using world = createWorld();
  await using server = await startServe([], { environment: { HEARTH_DISCOVER: "off" } });
  const port = new URL(server.url).port;
  const { code, output } = await world.hearth("ps", "--port", port);
  expect(code).toBe(0);
  expect(output).toMatch(/^hearth-demo +ready +[\d.]+ MiB +[\d.]+ MiB +CPU +2048 +0 +its room is needed$/m);
  expect(await world.hearth("unload", "hearth-demo", "--port", port)).toMatchObject({
    code: 0,
    output: "hearth-demo is unloaded\n",
  });
  const after = await world.hearth("ps", "--json", "--port", port);
  expect(JSON.parse(after.output)).toMatchObject({
    models: [],
    residency: { evictions: expect.any(Number) },
  });
});
