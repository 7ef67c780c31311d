import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createLibrary } from "../models/index.ts";
import {
  createFakeCli,
  createFakeIo,
  createTemporaryFolder,
  demoModelPath,
  type FakeCliOptions,
} from "../testing/index.ts";
import type { CliDeps } from "./deps.ts";
import { runCli } from "./run-cli.ts";

async function hearth(argv: readonly string[], options: FakeCliOptions = {}) {
  const world = createFakeIo();
  const cli = createFakeCli(world, options);
  const code = await runCli(argv, cli.deps);
  return { code, output: world.output(), errors: world.errors(), ...cli };
}

const commands = [
  ...["serve", "run", "pull", "ls", "show", "ps", "unload", "import", "create", "cp", "rm", "gc", "verify"],
  ...["judge", "analyze", "coordinate", "index", "search", "bench", "doctor", "version"],
];

test.each(commands)("%s has help with an example", async (command) => {
  const { code, output } = await hearth([command, "--help"]);
  expect(code).toBe(0);
  expect(output).toMatch(/Examples?:\n {2}\S*.*hearth/);
});

test("what a command itself takes comes before the configuration, which is told by what it is about", async () => {
  const { output } = await hearth(["index", "--help"]);
  const order = ["--include <", "--config <", "How models run:", "--ctx <", "Hearth itself:", "--home <"];
  const places = order.map((text) => output.indexOf(text));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((left, right) => left - right));
});

test.each([
  [[]],
  [["frobnicate"]],
  [["serve", "--frobnicate"]],
  [["serve", "extra"]],
  [["run"]],
  [["show"]],
  [["pull"]],
  [["rm"]],
  [["cp", "one"]],
  [["import"]],
  [["create"]],
  [["serve", "--port", "65536"]],
  [["serve", "--host", "0.0.0.0"]],
  [["run", "hearth-demo", "hi", "--temperature", "hot"]],
  [["run", "hearth-demo", "hi", "--max-tokens", "-1"]],
])("%j is wrong usage: code 2, a message on stderr, nothing on stdout", async (argv) => {
  const world = createFakeIo();
  world.endInput();
  const code = await runCli(argv, createFakeCli(world).deps);
  expect(world.output()).toBe("");
  expect(world.errors()).not.toBe("");
  expect(world.errors()).not.toContain("    at ");
  expect(code).toBe(2);
});

test("an unexpected failure is one message and code 1, never a stack", async () => {
  const world = createFakeIo();
  world.endInput();
  const { deps } = createFakeCli(world);
  const createApp = () => Promise.reject(new TypeError("x is not a function"));
  expect(await runCli(["serve"], { ...deps, createApp })).toBe(1);
  expect(world.errors()).toBe("hearth: x is not a function\n");
});

test("version prints what Hearth is made of", async () => {
  const { output } = await hearth(["version", "--json"]);
  expect(JSON.parse(output)).toMatchObject({ hearth: "1.2.3", bun: Bun.version });
  expect((await hearth(["version"])).output).toStartWith("hearth 1.2.3\n");
  expect((await hearth(["--version"])).output).toBe("1.2.3\n");
});

/** The models of these options as they really are, with nothing of other programs. */
const openLibrary: CliDeps["openLibrary"] = (config) => createLibrary({ ...config, discover: false });

async function withLibrary(argv: readonly string[]) {
  using home = createTemporaryFolder();
  const world = createFakeIo();
  const { deps } = createFakeCli(world);
  const code = await runCli([...argv, "--home", home.path], { ...deps, openLibrary });
  return { code, output: world.output(), errors: world.errors() };
}

test("ls lists the built-in model and those configured, once each", async () => {
  const { code, output } = await withLibrary([
    "ls",
    "--json",
    "--model",
    "hearth-demo",
    "--model",
    demoModelPath,
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject([
    { name: "hearth-demo", source: "built-in", parameters: 4_328_704 },
    { name: "hearth-demo-q8_0", source: "file", quantisation: "Q8_0" },
  ]);
});

test("ls shows why a configured file cannot be used and ends with code 1", async () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("broken.gguf"), "not a model");
  const { code, output } = await withLibrary(["ls", "--model", folder.file("broken.gguf")]);
  expect(code).toBe(1);
  expect(output).toContain("is not a GGUF file");
  expect(output).toMatch(/^hearth-demo +built-in /m);
});

test("a broken file of the configuration does not hinder other commands", async () => {
  expect(await withLibrary(["gc", "--config", "/dev/null"])).toMatchObject({ code: 2 });
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("broken.gguf"), "not a model");
  writeFileSync(folder.file("hearth.json"), JSON.stringify({ models: [folder.file("broken.gguf")] }));
  expect(await withLibrary(["gc", "--config", folder.file("hearth.json")])).toMatchObject({ code: 0 });
});

test("two files that would have one name are told of", async () => {
  using folder = createTemporaryFolder();
  const bytes = readFileSync(demoModelPath);
  for (const name of ["a", "b"]) {
    mkdirSync(folder.file(name));
    writeFileSync(folder.file(name, "same.gguf"), bytes);
  }
  const models = ["a", "b"].flatMap((name) => ["--model", folder.file(name, "same.gguf")]);
  const { code, errors } = await withLibrary(["ls", ...models]);
  expect(code).toBe(1);
  expect(errors).toContain('two models would be called "same"');
});

test("show describes a model to people and to machines", async () => {
  expect((await withLibrary(["show", "hearth-demo"])).output).toMatch(/parameters\s+4\.3 M\n/);
  expect(JSON.parse((await withLibrary(["show", demoModelPath, "--json"])).output)).toMatchObject({
    name: "hearth-demo-q8_0",
    hasChatTemplate: true,
  });
});

test.each([[["show", "gpt-4"]], [["show", "gpt-4", "--json"]], [["show", "gpt-4", "--template"]]])(
  "%j of a model that is not there is one message and code 1",
  async (argv) => {
    const { code, errors, output } = await withLibrary(argv);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toStartWith('hearth: there is no model "gpt-4"');
  },
);

test("bench reports reading and writing speeds through the engine", async () => {
  const { code, output, engine } = await hearth(["bench", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(output).figures.map((figure: { test: string }) => figure.test)).toEqual([
    "prefill",
    "decode x1",
    "decode x4",
    "decode x8",
  ]);
  expect(
    engine.requests.every((request) => !request.cachePrompt && request.sampling.ignoreEndOfSequence),
  ).toBe(true);
});
