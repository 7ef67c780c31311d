import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import { starterText } from "../../judges/index.ts";
import { createFakeCli, createFakeIo, createTemporaryFolder, type FakeStep } from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";

type World = {
  readonly says?: (request: GenerateRequest) => string | readonly FakeStep[];
  readonly isTerminal?: boolean;
  readonly models?: readonly string[];
};

const folder = createTemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

async function run(argv: readonly string[], { says = () => "yes", isTerminal = false, models }: World = {}) {
  const world = createFakeIo({ stdoutIsTTY: isTerminal, stderrIsTTY: isTerminal });
  const cli = createFakeCli(world, {
    environment: { HEARTH_HOME: folder.file("home") },
    ...(models && { models, library: { names: models } }),
    script: (request) => {
      const said = says(request);
      return typeof said === "string" ? [{ text: said }] : said;
    },
  });
  const code = await runCli(["judge", ...argv], cli.deps);
  return {
    code,
    output: world.output(),
    errors: world.errors(),
    requests: cli.engine.requests,
    configs: cli.configs,
  };
}

const path = folder.file("suite.yaml");
beforeAll(() => {
  writeFileSync(
    path,
    `name: mine
seed: 4
cases:
  - { name: first, prompt: p0, expect: { contains: "yes" } }
  - { name: second, prompt: p1, expect: { contains: "yes" } }
`,
  );
});

/** The model of these tests knows the first answer alone. */
const half = (request: GenerateRequest) =>
  request.input.type === "chat" && request.input.messages[0]?.content === "p0" ? "yes" : "no\u001b[2J";

describe("a suite", () => {
  test("that reaches its bar ends with code 0 and a table", async () => {
    const { code, output, errors } = await run(["hearth-demo", "--suite", path]);
    expect(code).toBe(0);
    expect(output).toMatch(/^CASE +VERDICT +PASSED +SCORE +SECONDS\nfirst +pass +1\/1 +1 +\d/);
    expect(output).toContain("2 of 2 answers passed\n");
    expect(output).toMatch(/^pass rate {3}1 over 2 cases \(95 %: 0\.3424 to 1\)$/m);
    expect(output).toMatch(/^bar {9}pass rate 1: reached$/m);
    expect(errors).toMatch(/^hearth-demo: run-\w+\n(hearth-demo: \d of 2, \d passed, 0 failed\n)+$/);
  });

  test("below it ends with code 1, and tells why without steering the terminal", async () => {
    const { code, output } = await run(["hearth-demo", "--suite", path], { says: half });
    expect(code).toBe(1);
    expect(output).toContain('\nfail: second\n  expected "yes" in it, got "no');
    expect(output).not.toContain("\u001b");
    expect(output).toMatch(/^bar {9}pass rate 1: not reached, the pass rate is 0\.5, below 1$/m);
  });

  test("has another bar by --bar, and other answers by --repetitions and --seed", async () => {
    const argv = ["hearth-demo", "--suite", path, "--bar", "0.5", "--repetitions", "3", "--seed", "9"];
    const { code, output, requests } = await run(argv, { says: half });
    expect(code).toBe(0);
    expect(output).toMatch(/^CASE +VERDICT +PASSED +SCORE +ALIKE +SECONDS$/m);
    expect(requests.map(({ sampling }) => sampling.seed).sort()).toEqual([9, 9, 10, 10, 11, 11].sort());
  });

  test("is written as JSON and as JUnit's XML", async () => {
    const [junit, out] = [folder.file("report.xml"), folder.file("report.json")];
    const { code, output } = await run(["--suite", path, "--json", "--junit", junit, "--out", out]);
    expect(code).toBe(0);
    const body = JSON.parse(output);
    expect(body).toMatchObject({ kind: "suite", name: "mine", verdict: "pass", summary: { passed: 2 } });
    expect(JSON.parse(readFileSync(out, "utf8"))).toEqual(body);
    expect(readFileSync(junit, "utf8")).toContain(
      '<testsuites name="mine" tests="2" failures="0" errors="0"',
    );
  });

  test("redraws one line on a terminal and leaves nothing of it", async () => {
    const { errors } = await run(["--suite", path], { isTerminal: true });
    expect(errors).toContain("\rhearth-demo: 2 of 2, 2 passed, 0 failed");
    expect(errors).toEndWith("\r\u001b[K");
    expect(errors).not.toContain("\n");
  });
});

describe("wrong usage ends with code 2 before any answer", () => {
  test.each([
    [["--suite", folder.file("absent.yaml")], "there is no such file; hearth judge --init FILE"],
    [["--suite", path, "--bar", "2"], '--bar: expected a number from 0 to 1, got "2"'],
    [["--suite", path, "--repetitions", "0"], "--repetitions: expected a whole number from 1 to 1000"],
    [["--suite", path, "--repetitions", "5000"], "--repetitions: expected a whole number from 1 to 1000"],
    [["--suite", path, "--concurrency", "x"], '--concurrency: expected a whole number from 1 to 64, got "x"'],
    [["--suite", path, "--concurrency", "65"], "--concurrency: expected a whole number from 1 to 64"],
    [["--suite", path, "--seed", "9999999999"], "--seed: expected a whole number from 0 to 2147483647"],
    [["--init", folder.file("no", "such", "suite.yaml")], "cannot be written"],
    [["--suite", path, "--out", folder.path], "is a folder; name a file in it"],
    [["--suite", path, "--out", "same", "--junit", "./same"], "./same is named twice"],
    [["--resume", "run-1", "--bar", "0.5"], "--bar changes nothing of a stored run; leave it out"],
    [["--show", "run-1", "--seed", "5"], "--seed changes nothing of a stored run; leave it out"],
    [["--runs", "--resume", "run-1"], "--runs and --resume do not go together"],
    [["--resume", "run-1", "--suite", path], "--suite changes nothing of a stored run; leave it out"],
    [["--compare", "a"], "name the models to compare"],
    [["--compare", "a", "b", "--junit", "x.xml"], "--junit tells of one run"],
    [["--suite", path, "--out", folder.file("no", "such", "file")], "cannot be written"],
  ])("%j", async (argv, message) => {
    const { code, errors, requests } = await run(argv);
    expect({ code, requests: requests.length }).toEqual({ code: 2, requests: 0 });
    expect(errors).toContain(message);
  });

  test("a suite with a misspelt field, which is named with its place", async () => {
    const wrong = folder.file("wrong.yaml");
    writeFileSync(wrong, "name: a\ncases: [{ name: b, prompt: c, expect: { contain: d } }]");
    const { code, errors } = await run(["--suite", wrong]);
    expect(code).toBe(2);
    expect(errors).toStartWith(`hearth: ${wrong}: cases[0].expect: there is no field "contain"; there are `);
  });
});

describe("what only a run can find wrong with a suite is told with its file", () => {
  test.each([
    ["criteria: { judges: [nobody] }", 'cases[0] "b": there is no judge "nobody"'],
    ['expect: { matches: "(a+" }', 'cases[0].expect.matches: "(a+" cannot be matched: a ( without its )'],
  ])("%s", async (fields, message) => {
    const wrong = folder.file("asks.yaml");
    writeFileSync(wrong, `name: a\ncases: [{ name: b, prompt: c, ${fields} }]`);
    const { code, errors, requests } = await run(["--suite", wrong]);
    expect({ code, requests: requests.length }).toEqual({ code: 2, requests: 0 });
    expect(errors).toStartWith(`hearth: ${wrong}: ${message}`);
  });
});

test("models that a suite names are configured as those of the command line are, which stand above them", async () => {
  const named = folder.file("named.yaml");
  writeFileSync(named, `model: other\njudge_model: hearth-demo\n${readFileSync(path, "utf8")}`);
  const models = ["other", "hearth-demo"];
  const own = await run(["--suite", named], { models });
  expect(own.configs[0]?.models).toEqual(models);
  expect(own.output).toContain(", other, seed 4, completed");
  const given = await run(["hearth-demo", "--suite", named], { models: ["hearth-demo"] });
  expect(given.configs[0]?.models).toEqual(["hearth-demo"]);
  expect(given.output).toContain(", hearth-demo, seed 4, completed");
});

test("a report that cannot be written does not take the one on the terminal with it", async () => {
  const out = folder.file("vanishing", "report.json");
  mkdirSync(folder.file("vanishing"));
  const { code, output, errors } = await run(["--suite", path, "--out", out], {
    says: () => {
      rmSync(folder.file("vanishing"), { recursive: true, force: true });
      return "yes";
    },
  });
  expect(code).toBe(1);
  expect(output).toContain("2 of 2 answers passed\n");
  expect(errors).toMatch(/report\.json cannot be written: .*; hearth judge --show run-\w+ tells it again\n$/);
});

test("what nobody could score is counted, with the reason", async () => {
  const suite = folder.file("unscored.yaml");
  const cases = ["a", "b"].map((name) => ({ name, prompt: "x", criteria: { min_coherence_score: 0.5 } }));
  writeFileSync(suite, JSON.stringify({ name: "unscored", cases }));
  const { output } = await run(["--suite", suite], { says: () => "It is a long enough answer to this." });
  expect(output).toMatch(/^unscored {4}coherence of 2 answers: there is neither a judge model nor /m);
});

describe("the starter suite", () => {
  test("is run where no suite is given", async () => {
    const { output } = await run(["hearth-demo"], { says: () => "pong-42" });
    expect(output).toMatch(/^follows an instruction to the letter +pass/m);
  });

  test("is written to a new file, which is a suite, and to no old one", async () => {
    const own = folder.file("own.yaml");
    expect((await run(["--init", own])).code).toBe(0);
    expect(readFileSync(own, "utf8")).toBe(starterText);
    expect((await run(["--suite", own])).output).toMatch(/^says who it is/m);
    expect(await run(["--init", own])).toMatchObject({ code: 2 });
    expect((await run(["--init", "-"])).output).toBe(starterText);
  });
});

describe("runs", () => {
  test("that fail tell how they are resumed, and are", async () => {
    let isDead = true;
    const says = (request: GenerateRequest) => {
      const isSecond = request.input.type === "chat" && request.input.messages[0]?.content === "p1";
      return isDead && isSecond ? [{ fail: new AppError("model_load_failed", "it does not fit") }] : "yes";
    };
    const failed = await run(["hearth-demo", "--suite", path, "--concurrency", "1"], { says });
    expect(failed.code).toBe(1);
    const [, id = ""] = /hearth judge --resume (run-\w+) goes on from there/.exec(failed.errors) ?? [];
    expect(failed.errors).toContain("it does not fit");
    isDead = false;
    const resumed = await run(["--resume", id], { says });
    expect(resumed.code).toBe(0);
    expect(resumed.requests).toHaveLength(1);
    expect(resumed.output).toContain(`run         ${id}, hearth-demo, seed 4, completed\n`);
    const listed = await run(["--runs"]);
    expect(listed.output).toMatch(new RegExp(`^${id} +suite +mine +hearth-demo +completed`, "m"));
    expect((await run(["--show", id])).output).toBe(resumed.output);
  });

  test("that are stopped with Ctrl-C are kept, with code 130", async () => {
    const world = createFakeIo();
    const held = Promise.withResolvers<void>();
    const cli = createFakeCli(world, {
      environment: { HEARTH_HOME: folder.file("home") },
      script: () => {
        world.signal("SIGINT");
        return [{ until: held.promise }];
      },
    });
    expect(await runCli(["judge", "--suite", path], cli.deps)).toBe(130);
    const [, id = ""] = /stopped; what was done of (run-\w+) is kept/.exec(world.errors()) ?? [];
    expect((await run(["--runs"])).output).toMatch(new RegExp(`^${id} .* cancelled`, "m"));
    expect(await run(["--resume", id])).toMatchObject({ code: 0 });
  });

  test("whose model is not here any more say how one is given by its path", async () => {
    const models = ["gone"];
    const says = () => [{ fail: new AppError("model_load_failed", "it does not fit") }];
    const failed = await run(["gone", "--suite", path], { models, says });
    const [, id = ""] = /hearth judge --resume (run-\w+) goes on from there/.exec(failed.errors) ?? [];
    const { code, errors } = await run(["--resume", id]);
    expect(code).toBe(1);
    expect(errors).toContain(`is given again: hearth judge PATH --resume ${id}\n`);
  });

  test("that nobody knows of are an error", async () => {
    expect(await run(["--show", "run-0"])).toMatchObject({
      code: 1,
      errors: expect.stringContaining("run-0"),
    });
  });
});

test("models are compared, and named in the order of the command line", async () => {
  const suite = folder.file("ten.yaml");
  const cases = Array.from({ length: 10 }, (_, index) => ({
    name: `${index}`,
    prompt: "x",
    expect: { contains: "yes" },
  }));
  writeFileSync(suite, JSON.stringify({ name: "ten", cases }));
  const { code, output, configs } = await run(["--suite", suite, "--compare", "hearth-demo", "other"], {
    models: ["hearth-demo", "other"],
    says: ({ model }) => (model === "other" ? "yes" : "no"),
  });
  expect(configs[0]?.models).toEqual(["hearth-demo", "other"]);
  expect(output).toMatch(/^other +1 +1\nhearth-demo +0 +0$/m);
  expect(output).toContain("recommended: other\n");
  expect(code).toBe(0);
});

test("a model is compared with itself, and is no better", async () => {
  const { code, output, configs } = await run(["--compare", "hearth-demo", "hearth-demo"]);
  expect(configs[0]?.models).toEqual(["hearth-demo"]);
  expect({ code, recommends: output.includes("no recommendation\n") }).toEqual({ code: 0, recommends: true });
});

test("nothing is written where it is only told how to use it", async () => {
  const { code, output } = await run(["--help"]);
  expect(code).toBe(0);
  expect(output).toContain("hearth judge --init my-suite.yaml");
  expect(existsSync("my-suite.yaml")).toBe(false);
});
