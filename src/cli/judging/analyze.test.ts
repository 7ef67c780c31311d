import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { AppError } from "../../base/index.ts";
import {
  createFakeCli,
  createFakeIo,
  createTemporaryFolder,
  type FakeCliOptions,
  type FakeStep,
  type TemporaryFolder,
} from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";
import { visible } from "../table.ts";

let folder: TemporaryFolder;
beforeAll(() => {
  folder = createTemporaryFolder();
});
afterAll(() => folder[Symbol.dispose]());

type World = FakeCliOptions & { readonly isTerminal?: boolean; readonly input?: string };

/** Runs `hearth analyze` as the program does. */
async function analyze(argv: readonly string[], { isTerminal = false, input = "", ...options }: World = {}) {
  const world = createFakeIo({ stdoutIsTTY: isTerminal, stdinIsTTY: isTerminal, stderrIsTTY: isTerminal });
  const environment = { HEARTH_HOME: folder.file("home"), ...options.environment };
  const { deps, engine, stops } = createFakeCli(world, { ...options, environment });
  world.type(input);
  world.endInput();
  const code = await runCli(["analyze", "hearth-demo", ...argv], deps);
  return { code, output: world.output(), errors: world.errors(), engine, stops };
}

const says = (...texts: readonly string[]) => ({
  script: (): readonly FakeStep[] => texts.map((text) => ({ text })),
});
const write = (name: string, text: string | Uint8Array) => {
  writeFileSync(folder.file(name), text);
  return folder.file(name);
};

describe("an answer", () => {
  test("is shown with its figures and what the gate says", async () => {
    const { code, output, engine, stops } = await analyze(["Who", "are", "you?"], says("I ", "am."));
    expect(code).toBe(0);
    expect(output).toStartWith("I am.\n\n2 tokens by hearth-demo\n");
    expect(output).toMatch(/perplexity +1\.649 +50\.000/);
    expect(output).toContain("gate: passed (advice only");
    expect(engine.requests[0]?.input).toMatchObject({ messages: [{ content: "Who are you?" }] });
    expect(stops).toEqual([true]);
  });

  test("may be asked for through a pipe", async () => {
    const { engine } = await analyze([], { input: "piped\n" });
    expect(engine.requests[0]?.input).toMatchObject({ messages: [{ content: "piped" }] });
  });

  test("is coloured on a terminal, and not where NO_COLOR is set or the terminal is dumb", async () => {
    const colored = await analyze(["x"], { isTerminal: true, ...says("sure") });
    expect(colored.output).toStartWith("\x1b[38;5;16;48;5;230msure\x1b[0m\n");
    for (const environment of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
      const plain = await analyze(["x"], { isTerminal: true, environment, ...says("sure") });
      expect(plain.output).not.toContain("\x1b[");
    }
  });

  test("cannot steer the terminal", async () => {
    const hostile = says("\x1b]0;owned\x07", "\x9b31m", "\x1b[2J");
    for (const isTerminal of [true, false]) {
      const { output } = await analyze(["x"], { isTerminal, ...hostile });
      const [, ...codes] = output.split("\x1b");
      expect(codes.filter((code) => !/^\[(38;5;16;48;5;|0m)/.test(code))).toEqual([]);
      const others = output.replaceAll("\x1b", "");
      expect(visible(others)).toBe(others);
    }
  });

  test("is a whole record with --json", async () => {
    const { output } = await analyze(["x", "--json", "--top-k", "3", "--temperature", "0"], says("a", "b"));
    expect(JSON.parse(output)).toMatchObject({
      ...{ object: "trajectory", model_name: "hearth-demo", generated_text: "ab", generation_steps: 2 },
      config: { top_k: 3, temperature: 0 },
      metrics: [{ token: "a", top: [{}, {}, {}] }, { token: "b" }],
      legacy: { passed_quality_check: true },
    });
  });

  test("of a model that gives no probabilities is shown all the same, and the gate ends with code 1", async () => {
    const { code, output } = await analyze(["x", "--gate"], { script: () => [] });
    expect(code).toBe(1);
    expect(output).toContain("gate: unavailable");
  });
});

describe("--gate", () => {
  const flags = ["--gate", "--temperature", "0"];

  test("ends with code 0 where the gate passes", async () => {
    expect((await analyze(["x", ...flags], says("a"))).code).toBe(0);
  });

  test("ends with code 1 where it fails, by bars that were calibrated", async () => {
    const strict = [true, false].flatMap((pass) =>
      Array.from({ length: 10 }, (_, i) => ({
        ...{ perplexity: pass ? 1 + i / 100 : 3, entropy_statistic: 0, surprise_rate: 0, pass },
      })),
    );
    const lines = strict.map((each) => JSON.stringify({ ...each, perplexity: each.perplexity / 2 + 0.5 }));
    const environment = { HEARTH_HOME: folder.file("calibrated") };
    const file = write("strict.jsonl", lines.join("\n"));
    const calibrated = await analyze(["--calibrate", file], { environment });
    expect(calibrated.code).toBe(0);
    expect(calibrated.errors).toStartWith("answer 2 of 20\nanswer 4 of 20\n");
    expect(calibrated.output).toMatch(/perplexity +1\.5\d+ +1\.000 +1\.000/);
    const { code, output } = await analyze(["x", ...flags], { environment, ...says("a") });
    expect(code).toBe(1);
    expect(output).toMatch(/gate: failed, perplexity 1\.649 is not below 1\.5\d+\n$/);
  });
});

test("--out that cannot be written is told of before anything is asked", async () => {
  const { code, errors, engine } = await analyze(["x", "--out", folder.file("gone", "map.svg")], says("a"));
  expect({ code, asked: engine.requests.length }).toEqual({ code: 2, asked: 0 });
  expect(errors).toContain("map.svg cannot be written; name a file in a folder that is there");
});

describe("--text", () => {
  test("measures the perplexity of a file, in windows that --ctx sets", async () => {
    const file = write("text.txt", "Some words to foretell.\n");
    const { code, output, errors } = await analyze(["--text", file, "--ctx", "8", "--json"]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(JSON.parse(output)).toMatchObject({
      ...{ tokens: 23, windows: 2, window_tokens: 8, scored_tokens: 6, short: false },
      perplexity: expect.closeTo(Math.exp(0.5), 9),
    });
  });

  test("takes a short text whole, also through a pipe", async () => {
    const { output } = await analyze(["--text", "-"], { input: "tiny" });
    expect(output).toContain("perplexity 1.649");
    expect(output).toContain("a short text, scored as a whole: 3 of 4 tokens");
  });

  test.each([
    ["a file that is not there", () => "/nowhere/at-all.txt", "cannot be read"],
    ["bytes that are no text", () => write("bytes", Uint8Array.of(0xff, 0xfe)), "is no text in UTF-8"],
  ])("refuses %s", async (_name, file, message) => {
    const { code, errors } = await analyze(["--text", file()]);
    expect(code).toBe(2);
    expect(errors).toContain(message);
  });

  test("says how much text a window needs", async () => {
    const { code, errors } = await analyze(["--text", write("short.txt", "few"), "--ctx", "64"]);
    expect(code).toBe(2);
    expect(errors).toContain("the text has 3 tokens, and windows of 64 need at least 128");
  });
});

describe("wrong usage ends with code 2 and names the flag", () => {
  test.each([
    [["x", "--top-k", "1"], "--top-k"],
    [["x", "--temperature", "hot"], '--temperature: expected a number, got "hot"'],
    [["x", "--max-tokens", "0"], '--max-tokens: expected at least 1, got "0"'],
    [["x", "--seed", ""], "--seed"],
    [["x", "--max-tokens", "1.5"], "--max-tokens"],
    [["x", "--out", "map.png"], "--out: expected a file that ends with .svg or .html"],
    [["x", "--ctx", "5"], "--ctx is the window of --text"],
    [["x", "--text", "a.txt"], "--text answers no prompt"],
    [["--text", "a.txt", "--gate"], "--gate says nothing"],
    [["--text", "a.txt", "--calibrate", "b.jsonl"], "give --text or --calibrate"],
    [[], "there is nothing to answer"],
    [["a".repeat(10_001)], "it has 10001 characters, and 10000 are the most"],
  ])("%p", async (argv, message) => {
    const { code, errors } = await analyze(argv);
    expect(code).toBe(2);
    expect(errors).toContain(message);
  });

  test("an example that is wrong is named with its place", async () => {
    const file = write("wrong.jsonl", '{"text": "a", "pass": true}\n{"text": "b"}\n');
    const { code, errors } = await analyze(["--calibrate", file]);
    expect(code).toBe(2);
    expect(errors).toContain(`${file}: examples[1]: expected {prompt?, answer`);
  });
});

test("a model that dies is told of with code 1", async () => {
  const fail = new AppError("host_died", "the engine host died");
  const { code, errors, stops } = await analyze(["x"], { script: () => [{ text: "a" }, { fail }] });
  expect(code).toBe(1);
  expect(errors).toBe("hearth: the engine host died\n");
  expect(stops).toEqual([true]);
});

test("--out writes a heat map beside the answer", async () => {
  for (const name of ["map.html", "map.svg"]) {
    const path = folder.file(name);
    const { code, output } = await analyze(["x", "--out", path], says("<b>", " & so"));
    expect(code).toBe(0);
    expect(output).toStartWith("<b> & so\n");
    const map = readFileSync(path, "utf8");
    expect(map).toContain("&lt;b&gt;");
    expect(map).not.toContain("<b>");
  }
});
