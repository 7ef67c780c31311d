/** The life of models on the command line, with the real program against a registry on this machine. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { demoModelPath } from "../models.ts";
import { type RegistryServer, startRegistry } from "../registry/registry-server.ts";
import { programCommand, startServe } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { waitUntil } from "../wait-until.ts";

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
  hearth(...argv: string[]): Promise<{ readonly code: number; readonly output: string; readonly errors: string }>;
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

    const again = registry.sent.bytes;
    expect((await hearth("pull", "tiny:latest", "--json")).output).toContain('"type":"done"');
    expect(registry.sent.bytes).toBe(again);

    expect((await hearth("ls")).output).toMatch(/^tiny:latest +pulled +4\.5 MiB .* Q8_0 +2048 .* chat, tools/m);

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
      expect.objectContaining({ name: "tiny:latest", uses: 1, lastUsedAt: expect.any(String) }),
    );

    expect(await hearth("cp", "tiny", "mine")).toMatchObject({ code: 0 });
    expect((await hearth("ls")).output).toMatch(/^mine:latest .* 4\.5 MiB +4\.5 MiB /m);
    expect((await hearth("rm", "tiny")).output).toBe("removed tiny, 0 B freed\n");
    expect(await hearth("run", "mine", question, ...quiet)).toMatchObject({ code: 0 });
    expect((await hearth("rm", "mine")).output).toBe("removed mine, 4.5 MiB freed\n");
    expect(listBlobs(world)).toEqual([]);
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
    const { registry } = world;
    registry.misbehave({ path: "/blobs/", how: { kind: "stall", afterBytes: 2_000_000 } });
    const program = world.start(["pull", "tiny"]);
    await waitUntil("something has come", () => registry.sent.bytes >= 1_000_000);
    await waitUntil("it is on the disk", () => hasPart(world));
    program.kill("SIGINT");
    expect(await program.exited).toBe(130);
    expect(await program.stderr.text()).toMatch(/hearth: .*stopped.*pull again.*\n$/);
    expect((await world.hearth("ls")).output).not.toContain("tiny");
    registry.behave();
    expect(await world.hearth("pull", "tiny")).toMatchObject({ code: 0 });
    expect(registry.sent.twice).toBe(0);
  });
});

function hasPart({ file }: World): boolean {
  const blobs = file("home", "models", "blobs");
  const names = existsSync(blobs) ? readdirSync(blobs, { recursive: true, encoding: "utf8" }) : [];
  return names.some((name) => {
    const found = statSync(file("home", "models", "blobs", name), { throwIfNoEntry: false });
    return found?.isFile() === true && found.size > 500_000;
  });
}
