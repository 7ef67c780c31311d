/** The commands of models over a library of fakes: what they say, and how they end. */
import { describe, expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import {
  createFakeCli,
  createFakeIo,
  createFakeRecord,
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
    const events = output.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(errors).toBe("");
    expect(events).toMatchObject([
      { type: "status", status: "pulling manifest" },
      { type: "progress", completed: mib, total: 4 * mib },
      { type: "done", model: { name: "qwen3", kind: "model", bytes: 1_000_000 } },
    ]);
  });

  test("of several goes on behind one that fails, and ends with code 1", async () => {
    const { code, output, errors } = await hearth(["pull", "absent", "qwen3"], { library: { pulls: { qwen3: [] } } });
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
      // biome-ignore lint/correctness/useYield: it never comes to that.
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
      createFakeRecord("styled", { layers: [{ ...layer, role: "model" }, { ...layer, role: "adapter" }] }),
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
    const { code, output } = await hearth(["ls"], { library: { names: ["qwen3:0.6b"], records: [] } });
    expect(code).toBe(0);
    const missing = await hearth(["ls"], { library: { configured: ["qwen3:0.6b"] } });
    expect(output).toContain("qwen3:0.6b");
    expect(missing.code).toBe(1);
    expect(missing.output).toMatch(/^qwen3:0\.6b .*hearth pull qwen3:0\.6b$/m);
  });

  test("ten thousand models are listed within a second", async () => {
    const records = Array.from({ length: 10_000 }, (_, index) => createFakeRecord(`model-${index}`));
    const startedMs = performance.now();
    const { output } = await hearth(["ls"], { library: { records } });
    expect(output.split("\n")).toHaveLength(10_003);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
