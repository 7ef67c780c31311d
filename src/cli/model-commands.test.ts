/** The commands of models over a library of fakes: what they say, and how they end. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import {
  createFakeCli,
  createFakeIo,
  createFakeRecord,
  createTemporaryFolder,
  demoModelPath,
  type FakeCliOptions,
  waitUntil,
} from "../testing/index.ts";
import { runCli } from "./run-cli.ts";

const mib = 2 ** 20;
const progress = (completed: number) => ({
  type: "progress" as const,
  digest: "sha256:aa",
  status: "pulling aa",
  total: 4 * mib,
  completed: completed * mib,
});

async function hearth(argv: readonly string[], options: FakeCliOptions = {}) {
  const world = createFakeIo();
  const cli = createFakeCli(world, options);
  world.endInput();
  const code = await runCli(argv, cli.deps);
  return { code, output: world.output(), errors: world.errors(), ...cli };
}

describe("pull", () => {
  test("says how it goes on stderr and what came on stdout", async () => {
    const pulls = { qwen3: [progress(1), progress(4)] };
    const { code, output, errors } = await hearth(["pull", "qwen3"], { library: { pulls } });
    expect({ code, output }).toEqual({ code: 0, output: "qwen3, 977 KiB\n" });
    expect(errors).toBe("pulling manifest\npulling aa: 25 % of 4.0 MiB\npulling aa: 4.0 MiB, complete\n");
  });

  test("--json is a line for each event, with the model at the end", async () => {
    const { output, errors } = await hearth(["pull", "qwen3", "--json"], {
      library: { pulls: { qwen3: [progress(1)] } },
    });
    const events = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(errors).toBe("");
    expect(events).toMatchObject([
      { type: "status", status: "pulling manifest" },
      { type: "progress", completed: mib, total: 4 * mib },
      { type: "done", model: { name: "qwen3", kind: "model", bytes: 1_000_000 } },
    ]);
  });

  test("of several goes on behind one that fails, and ends with code 1", async () => {
    const { code, output, errors } = await hearth(["pull", "absent", "qwen3"], {
      library: { pulls: { qwen3: [] } },
    });
    expect({ code, output }).toEqual({ code: 1, output: "qwen3, 977 KiB\n" });
    expect(errors).toContain('hearth: model "absent" not found\n');
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s stops it, says so once and ends with code %i", async (signal, expected) => {
    const world = createFakeIo();
    const pulls = { big: [progress(1), { until: new Promise<void>(() => undefined) }], next: [] };
    const { deps, library } = createFakeCli(world, { library: { pulls } });
    const ended = runCli(["pull", "big", "next"], deps);
    await waitUntil("it has begun", () => world.errors().includes("25 %"));
    world.signal(signal);
    expect(await ended).toBe(expected);
    expect(world.errors()).toEndWith("hearth: The pull was cancelled.\n");
    expect(library.pulling).toBe(0);
    expect(await library.find("next")).toBeUndefined();
  });

  test("a second signal ends the program at once", async () => {
    const world = createFakeIo();
    const { deps } = createFakeCli(world);
    const openLibrary: typeof deps.openLibrary = async (config) => ({
      ...(await deps.openLibrary(config)),
      pull: async function* () {
        await new Promise(() => undefined);
      },
    });
    void runCli(["pull", "deaf"], { ...deps, openLibrary });
    await waitUntil("it listens", () => {
      world.signal("SIGINT");
      return world.exits.length > 0;
    });
    expect(world.exits[0]).toBe(130);
  });
});

describe("ls", () => {
  test("tells adapters from models, and models with adapters too", async () => {
    const layer = { digest: "sha256:aa", bytes: 5 * mib, path: "/blobs/aa" };
    const records = [
      createFakeRecord("style", { layers: [{ ...layer, role: "adapter" }] }),
      createFakeRecord("styled", {
        layers: [
          { ...layer, role: "model" },
          { ...layer, role: "adapter" },
        ],
      }),
    ];
    const { output } = await hearth(["ls"], { library: { records } });
    expect(output).toMatch(/^style +pulled .* adapter$/m);
    expect(output).toMatch(/^styled +pulled +10\.0 MiB .* 1 adapter$/m);
  });

  test("shows when a model was last used", async () => {
    const records = [createFakeRecord("used", { lastUsedAtMs: Date.now() - 3 * 3_600_000 })];
    expect((await hearth(["ls"], { library: { records } })).output).toMatch(/^used .* 3 hours ago /m);
  });

  test("a name cannot steer the terminal, in JSON neither", async () => {
    const library = { records: [createFakeRecord("a\x1b[2J\x9b2Jb")] };
    for (const argv of [["ls"], ["ls", "--json"]]) {
      const { output } = await hearth(argv, { library });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(output).not.toMatch(/[\x1b\x9b]/);
    }
    const { output } = await hearth(["ls", "--json"], { library });
    expect(JSON.parse(output)[0].name).toBe("a\x1b[2J\x9b2Jb");
  });

  test("a model of the configuration that is not there is listed with what to do", async () => {
    const world = createFakeIo();
    const { deps, library } = createFakeCli(world);
    const openLibrary = async () => ({ ...library, configured: ["hearth-demo", "qwen3:0.6b"] });
    expect(await runCli(["ls"], { ...deps, openLibrary })).toBe(1);
    expect(world.output()).toMatch(/^qwen3:0\.6b .*hearth pull qwen3:0\.6b$/m);
  });

  test("files of a folder that cannot be used are named beside the list, the first of many", async () => {
    const world = createFakeIo();
    const problems = Array.from({ length: 12 }, (_, i) => ({ path: `/m/${i}.gguf`, reason: "it is a pipe" }));
    const { deps } = createFakeCli(world, { library: { problems } });
    expect(await runCli(["ls"], deps)).toBe(0);
    expect(world.errors()).toContain("/m/0.gguf is left out: it is a pipe\n");
    expect(world.errors()).toEndWith("and 2 more files are left out\n");
  });

  test("ten thousand models are listed whole", async () => {
    const world = createFakeIo();
    const records = Array.from({ length: 10_000 }, (_, index) => createFakeRecord(`model-${index}`));
    const { deps, library } = createFakeCli(world, { library: { records } });
    const measured = new Map(records.map(({ name }) => [name, { ownBytes: mib, sharedBytes: 0 }]));
    await runCli(["ls"], {
      ...deps,
      openLibrary: async () => ({ ...library, measure: async () => measured }),
    });
    expect(world.output().split("\n")).toHaveLength(10_003);
  });
});

describe("rm, cp, gc and verify", () => {
  test("rm tells what was freed, of each", async () => {
    const { code, output, library } = await hearth(["rm", "a", "b"], { library: { names: ["a", "b"] } });
    expect({ code, output }).toEqual({
      code: 0,
      output: "removed a, 977 KiB freed\nremoved b, 977 KiB freed\n",
    });
    expect(await library.list()).toEqual([]);
  });

  test("rm of one that is missing removes the others and ends with code 1", async () => {
    const { code, output, errors } = await hearth(["rm", "x", "a"], { library: { names: ["a"] } });
    expect({ code, output }).toEqual({ code: 1, output: "removed a, 977 KiB freed\n" });
    expect(errors).toBe('hearth: model "x" not found\n');
  });

  test("cp gives a second name", async () => {
    const { code, library } = await hearth(["cp", "a", "b"], { library: { names: ["a"] } });
    expect(code).toBe(0);
    expect(await library.find("b")).toMatchObject({ name: "b" });
  });

  test("gc says how much it freed", async () => {
    expect((await hearth(["gc"])).output).toBe("freed 0 B, 0 files\n");
    expect(JSON.parse((await hearth(["gc", "--json"])).output)).toEqual({ freedBytes: 0, removedBlobs: 0 });
  });

  test("verify names each wrong file, who needs it and what to do, and ends with code 1", async () => {
    const world = createFakeIo();
    const { deps, library } = createFakeCli(world);
    const openLibrary = async () => ({
      ...library,
      async *verify() {
        yield { digest: "sha256:aa", bytes: mib, state: "ok" as const, names: ["a"] };
        yield { digest: "sha256:bb", bytes: mib, state: "changed" as const, names: ["a", "b"] };
        yield { digest: "sha256:cc", bytes: mib, state: "missing" as const, names: [] };
      },
    });
    expect(await runCli(["verify"], { ...deps, openLibrary })).toBe(1);
    expect(world.output().split("\n")).toEqual([
      "sha256:bb has other bytes than its name says; needed by a, b: hearth rm a b, then pull or import again",
      "sha256:cc is missing; no model needs it, hearth gc removes it",
      "3 files, 3.0 MiB: 2 wrong",
      "",
    ]);
  });
});

describe("show", () => {
  const settings = { system: "Be\nbrief", template: "line\n".repeat(20), parameters: { temperature: 0.5 } };
  const layer = { role: "model" as const, bytes: 4_704_192, path: demoModelPath };
  const library = { records: [createFakeRecord("mine", { settings, layers: [layer] })] };

  test("tells what the header and the settings say, and what memory it takes", async () => {
    const { output } = await hearth(["show", "mine"], { library });
    for (const line of [
      /^architecture +llama$/m,
      /^parameters +/m,
      /^layers +6$/m,
      /^KV heads +2$/m,
      /^vocabulary +3072$/m,
      /^settings +temperature +0\.5$/m,
      /^system +Be\n +brief$/m,
      /^template +line\n( +line\n){5} +\(70 more characters; --template shows all\)$/m,
      /^memory +.* at a context of \d+ tokens$/m,
    ])
      expect(output).toMatch(line);
  });

  test("--template and --modelfile print that alone", async () => {
    expect((await hearth(["show", "mine", "--template"], { library })).output).toBe(settings.template);
    const { output } = await hearth(["show", "mine", "--modelfile"], { library });
    expect(output).toContain(`FROM ${demoModelPath}\n`);
    expect(output).toContain("PARAMETER temperature 0.5\n");
  });

  test("--json has all of it", async () => {
    const shown = JSON.parse((await hearth(["show", "mine", "--json"], { library })).output);
    expect(shown).toMatchObject({
      name: "mine",
      title: "hearth-demo",
      source: "pulled",
      layers: 6,
      keyValueHeads: 2,
      hasChatTemplate: true,
      settings,
      template: settings.template,
      memory: { totalBytes: expect.any(Number) },
    });
  });

  test("of a file needs no name for it, and the options for its memory reach the engine", async () => {
    const { code, output, configs } = await hearth([
      "show",
      demoModelPath,
      "--ctx",
      "512",
      "--kv-type",
      "q8_0",
    ]);
    expect(code).toBe(0);
    expect(output).toMatch(/^model +hearth-demo-q8_0\n(.*\n)*source +file\n/);
    expect(configs[0]).toMatchObject({ contextTokens: 512, kvType: "q8_0" });
  });

  test("two forms at once are wrong usage", async () => {
    expect((await hearth(["show", "mine", "--json", "--template"], { library })).code).toBe(2);
  });
});

describe("create", () => {
  async function createFrom(modelfile: string, options: FakeCliOptions = {}) {
    using folder = createTemporaryFolder();
    writeFileSync(folder.file("Modelfile"), modelfile);
    writeFileSync(folder.file("model.gguf"), "weights");
    writeFileSync(folder.file("style.gguf"), "adapter");
    const result = await hearth(["create", "mine", "-f", folder.file("Modelfile")], options);
    return { ...result, creation: result.library.creations[0] };
  }

  test("of a model takes over what the Modelfile says", async () => {
    const { code, output, creation } = await createFrom(
      "FROM hearth-demo\nSYSTEM Be brief\nPARAMETER top_k 5",
    );
    expect({ code, output }).toEqual({ code: 0, output: "mine is created\n" });
    expect(creation).toMatchObject({
      name: "mine",
      from: "hearth-demo",
      settings: { system: "Be brief", parameters: { top_k: 5 } },
    });
  });

  test("of files copies them in, from the Modelfile's folder, and gives their digests", async () => {
    const { code, creation, library, errors } = await createFrom("FROM ./model.gguf\nADAPTER style.gguf");
    expect({ code, errors }).toEqual({ code: 0, errors: expect.stringContaining("copying") });
    const digest = `sha256:${new Bun.CryptoHasher("sha256").update("weights").digest("hex")}`;
    expect(Object.values(creation?.files ?? {})).toEqual([digest]);
    expect(Object.values(creation?.adapters ?? {})).toHaveLength(1);
    expect(library.blobs.get(digest)?.toString()).toBe("weights");
  });

  test("of a model that is not here pulls it first", async () => {
    const { code, creation } = await createFrom("FROM qwen3", { library: { pulls: { qwen3: [] } } });
    expect({ code, from: creation?.from }).toEqual({ code: 0, from: "qwen3" });
  });

  test.each([
    ["FROM ./absent.gguf", "absent.gguf cannot be read"],
    ["FROM /dev/zero", "/dev/zero is not a regular file"],
    ["FROM qwen3", 'there is no model "qwen3" here, and it cannot be pulled'],
    ["FROM hearth-demo\nFROM qwen3", "leave one model"],
    ["SYSTEM x", "has no FROM line"],
  ])("of %j is one message and code 1", async (modelfile, says) => {
    const { code, errors, output } = await createFrom(modelfile);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toMatch(/^hearth: .*\n$/);
    expect(errors).toContain(says);
  });
});

describe("run", () => {
  test("pulls a model that is not here, with its progress on stderr", async () => {
    const { code, output, errors } = await hearth(["run", "qwen3", "hi"], {
      models: ["hearth-demo", "qwen3"],
      library: { pulls: { qwen3: [progress(1), progress(4)] } },
    });
    expect({ code, output }).toEqual({ code: 0, output: " alpha beta gamma delta\n" });
    expect(errors).toBe("pulling aa: 25 % of 4.0 MiB\npulling aa: 4.0 MiB, complete\n");
  });

  test("of a name that cannot be pulled says both", async () => {
    const { code, errors } = await hearth(["run", "gpt-4", "hi"]);
    expect(code).toBe(1);
    expect(errors).toBe(
      'hearth: there is no model "gpt-4" here, and it cannot be pulled: model "gpt-4" not found\n',
    );
  });

  test("--lora names adapters with their scales", async () => {
    const { engine } = await hearth(["run", "hearth-demo", "hi", "--lora", "style=0.5", "--lora", "other"]);
    expect(engine.requests[0]?.adapters).toEqual([
      { name: "style", scale: 0.5 },
      { name: "other", scale: 1 },
    ]);
  });

  test.each(["style=", "style=loud", "=1"])("--lora %s is wrong usage", async (adapter) => {
    expect((await hearth(["run", "hearth-demo", "hi", "--lora", adapter])).code).toBe(2);
  });
});
