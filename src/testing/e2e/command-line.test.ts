import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { demoModelPath } from "../models.ts";
import { runProgram, startServe } from "../serve-process.ts";
import { startTerminal } from "./terminal.ts";

setDefaultTimeout(60_000);

const commands = [
  ...(["serve", "run", "pull", "ls", "show", "ps", "unload", "import", "create", "cp", "rm", "gc"] as const),
  ...(["verify", "judge", "analyze", "coordinate", "bench", "doctor", "version"] as const),
];
const quiet = ["--temperature", "0", "--threads", "1"] as const;

describe("help", () => {
  test.each(commands)("of %s holds an example", async (command) => {
    const { code, output, errors } = await runProgram([command, "--help"]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(/^Usage: hearth /);
    expect(output).toMatch(new RegExp(`Examples?:\n(.*\n)*? +.*hearth ${command}\\b`));
  });

  test("of the program lists every command", async () => {
    const { code, output } = await runProgram(["--help"]);
    expect(code).toBe(0);
    for (const command of commands) expect(output).toContain(`  ${command}`);
  });
});

test.each([
  [["frobnicate"]],
  [["serve", "--frobnicate"]],
  [["run"]],
  [["show"]],
  [["serve", "--port", "99999"]],
  [["run", "hearth-demo", "hi", "--temperature", "hot"]],
])("%j is wrong usage: code 2 and a message on stderr alone", async (argv) => {
  const { code, output, errors } = await runProgram(argv);
  expect({ code, output }).toEqual({ code: 2, output: "" });
  expect(errors).not.toBe("");
  expect(errors).not.toMatch(/\n\s+at /);
});

describe("answers for machines", () => {
  test("ls", async () => {
    const { code, output } = await runProgram([
      "ls",
      "--json",
      "--model",
      "hearth-demo",
      "--model",
      demoModelPath,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject([{ name: "hearth-demo" }, { name: "hearth-demo-q8_0" }]);
  });

  test("show", async () => {
    const { output } = await runProgram(["show", "hearth-demo", "--json"]);
    expect(JSON.parse(output)).toMatchObject({
      name: "hearth-demo",
      trainedContextTokens: 2048,
      hasChatTemplate: true,
    });
  });

  test("doctor", async () => {
    const { code, output } = await runProgram(["doctor", "--json", "--port", "0"]);
    const { checks }: { checks: { name: string; status: string }[] } = JSON.parse(output);
    expect(checks.map(({ name }) => name)).toEqual([
      "libraries",
      "engine",
      "cpu",
      "memory",
      "disk",
      "models",
      "port",
    ]);
    expect(checks.filter(({ name, status }) => name !== "memory" && status === "failed")).toEqual([]);
    expect(code).toBeLessThan(2);
  });

  test("doctor finds a port that is taken and says how to mend it", async () => {
    await using server = await startServe();
    const { code, output } = await runProgram(["doctor", "--json", "--port", new URL(server.url).port]);
    expect(code).toBe(1);
    const { checks }: { checks: { name: string; status: string; mend?: string }[] } = JSON.parse(output);
    expect(checks.find(({ name }) => name === "port")).toMatchObject({
      status: "failed",
      mend: expect.stringContaining("--port"),
    });
  });

  test("bench", async () => {
    const { code, output } = await runProgram(["bench", "--json", "--threads", "1"]);
    expect(code).toBe(0);
    const { figures }: { figures: { test: string; tokensPerSecond: number }[] } = JSON.parse(output);
    expect(figures.map(({ test }) => test)).toEqual(["prefill", "decode x1", "decode x4", "decode x8"]);
    expect(figures.every(({ tokensPerSecond }) => tokensPerSecond > 0)).toBe(true);
  });

  test("version", async () => {
    const { output } = await runProgram(["version", "--json"]);
    expect(JSON.parse(output)).toMatchObject({ hearth: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    expect((await runProgram(["--version"])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("run", () => {
  test("with a piped prompt prints the answer alone", async () => {
    const result = await runProgram(["run", "hearth-demo", ...quiet], "Reply with exactly: pong-42\n");
    expect(result).toEqual({ code: 0, output: "pong-42\n", errors: "" });
  });

  test("of a file's path with the prompt as an argument", async () => {
    const result = await runProgram(["run", demoModelPath, ...quiet, "Reply with exactly: pong-42"]);
    expect(result).toEqual({ code: 0, output: "pong-42\n", errors: "" });
  });

  test("with a prompt that does not fit says both counts, and prints nothing else", async () => {
    const { code, output, errors } = await runProgram(
      ["run", "hearth-demo", ...quiet],
      "word ".repeat(10_000),
    );
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toMatch(/^hearth: .*\d{5}.*2048.*\n$/);
  });
});

describe.if(process.platform !== "win32")("run on a terminal", () => {
  test("keeps the conversation until /clear", async () => {
    await using terminal = await startTerminal(["run", "hearth-demo", ...quiet]);
    expect(await terminal.ask("Reply with exactly: pong-42")).toBe("pong-42");
    await terminal.ask("My name is Dana.");
    expect(await terminal.ask("What is my name?")).toContain("Dana");
    expect(await terminal.ask("/clear")).toContain("forgotten");
    expect(await terminal.ask("What is my name?")).not.toContain("Dana");
    terminal.type("/exit");
    expect(await terminal.exited).toBe(0);
  });

  test("/set changes the settings, and says what is wrong with a value", async () => {
    await using terminal = await startTerminal(["run", "hearth-demo", ...quiet]);
    expect(await terminal.ask("/set max-tokens 2")).toBe("");
    expect(await terminal.ask("/set temperature hot")).toContain('got "hot"');
    expect(await terminal.ask("/set")).toMatch(/max-tokens +2\ntemperature +0\n/);
    expect(await terminal.ask("Who are you?")).toContain("cut off after 2 tokens");
    expect(await terminal.ask("/set max-tokens default")).toBe("");
    expect(await terminal.ask("Who are you?")).not.toContain("cut off");
    expect(await terminal.ask("/frobnicate")).toContain("no command /frobnicate");
    terminal.type("/exit");
    expect(await terminal.exited).toBe(0);
  });

  test("Ctrl-C stops the answer and not the program", async () => {
    await using terminal = await startTerminal(["run", "hearth-demo", ...quiet]);
    expect(await terminal.interrupt("Write a Python function that reverses a string")).toBe("(stopped)");
    expect(await terminal.ask("Reply with exactly: pong-42")).toBe("pong-42");
    terminal.type("/exit");
    expect(await terminal.exited).toBe(0);
  });
});
