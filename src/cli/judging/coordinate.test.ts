import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import type { GenerateRequest } from "../../contract/index.ts";
import { createFakeCli, createFakeIo, createTemporaryFolder, type FakeIo } from "../../testing/index.ts";
import { writeError } from "../stoppable.ts";
import { UsageError } from "../usage-error.ts";
import { addCoordinate } from "./coordinate-command.ts";

type Options = {
  readonly says?: (request: GenerateRequest) => string;
  readonly score?: (material: string) => number;
  readonly io?: FakeIo;
};

/** A command line over a scripted engine, whose runs are kept from one call to the next. */
function createCli({ says = () => "blue", score = () => 8, io: given }: Options = {}) {
  const folder = createTemporaryFolder();
  async function run(argv: readonly string[]) {
    const io = given ?? createFakeIo();
    const fake = createFakeCli(io, {
      environment: { HEARTH_HOME: folder.path },
      script: (request) => [{ text: request.constraint ? toReply(request, score) : says(request) }],
    });
    const program = new Command("hearth").exitOverride();
    let code = -1;
    addCoordinate(program, fake.deps, (result) => {
      code = result;
    });
    try {
      await program.parseAsync(["coordinate", ...argv], { from: "user" });
    } catch (error) {
      writeError(io.io, error);
      code = error instanceof UsageError ? 2 : 1;
    }
    return { code, output: io.output(), errors: io.errors(), ...fake };
  }
  return { run, file: folder.file, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

function promptOf({ input }: GenerateRequest): string {
  return input.type === "chat" ? input.messages.map(({ content }) => content).join("\n") : "";
}

function toReply(request: GenerateRequest, score: (material: string) => number): string {
  const schema = request.constraint?.type === "json-schema" ? request.constraint.schema : {};
  const { required = [] } = schema as { readonly required?: readonly string[] };
  return JSON.stringify(Object.fromEntries(required.map((name) => [name, score(promptOf(request))])));
}

const small = ["--agents", "2", "--repeats", "1", "--no-control", "--seed", "1"];

test("prints the task, the team's answer, each measure with its meaning, and the caveat on compute", async () => {
  using cli = createCli();
  const { code, output, errors } = await cli.run(["Which colour?", "--strategy", "parallel", ...small]);
  expect(code).toBe(0);
  expect(output).toContain("TASK\nWhich colour?");
  expect(output).toContain("(PARALLEL, 2 AGENTS)\nblue\n");
  expect(output).toMatch(/^gamma +1$/m);
  expect(output).toMatch(/^consensus +how alike the agents' final positions are/m);
  expect(output).toContain("gamma mixes the effect of coordination");
  expect(output).toMatch(/^cost of the team +3 calls, \d+ tokens$/m);
  expect(errors).toMatch(/^run run-\w+\nrepeat 1 of 1\n$/);
});

test("flags become what is asked for", async () => {
  using cli = createCli();
  const { output, configs, engine } = await cli.run([
    ...["t", "--strategy", "debate", "--agents", "2", "--rounds", "1", "--repeats", "1", "--seed", "9"],
    ...[
      "--temperature",
      "0.2",
      "--max-tokens",
      "33",
      "--criterion",
      "depth",
      "--model",
      "hearth-demo",
      "--json",
    ],
  ]);
  const { spec, result } = JSON.parse(output);
  expect(spec).toMatchObject({ strategy: "debate", num_agents: 2, rounds: 1, seed: 9, criteria: ["depth"] });
  expect(result.calls).toMatchObject({ baseline: 2, coordinated: 5 });
  expect(configs[0]?.models).toEqual(["hearth-demo"]);
  expect(engine.requests[0]).toMatchObject({ maxTokens: 33, sampling: { temperature: 0.2, seed: 9 } });
});

test("a task is read from a pipe", async () => {
  const io = createFakeIo();
  using cli = createCli({ io });
  io.type("Which colour?\n");
  io.endInput();
  expect((await cli.run(["-", ...small])).output).toContain("TASK\nWhich colour?\n");
});

test("prose is broken at the width of the terminal", async () => {
  const io = createFakeIo({ stdoutIsTTY: true, columns: 60 });
  using cli = createCli({ io });
  const { output } = await cli.run(["Which colour?", ...small]);
  const [, prose = ""] = output.split("WHAT THEY MEAN\n");
  expect(Math.max(...prose.split("\n").map((line) => line.length))).toBeWithin(50, 61);
});

describe("the gate", () => {
  const isTeam = (material: string) => material.includes("Answer: team");
  const says = (request: GenerateRequest) => (promptOf(request).startsWith("Task:") ? "team" : "alone");
  const five = ["t", "--strategy", "parallel", "--agents", "2", "--repeats", "5", "--no-control"];

  test("is open where coordination was effective", async () => {
    using cli = createCli({ says, score: (material) => (isTeam(material) ? 9 : 6) });
    expect(await cli.run([...five, "--gate", "--min-gamma", "1.5"])).toMatchObject({ code: 0 });
  });

  test("is closed where it was not, and where gamma is too low", async () => {
    using cli = createCli({ says, score: (material) => (isTeam(material) ? 6 : 9) });
    const { code, errors } = await cli.run([...five, "--gate", "--min-gamma", "1"]);
    expect(code).toBe(1);
    expect(errors).toContain("not shown to be effective; gamma is 0.6667, and 1 was asked for");
  });
});

describe("a report", () => {
  test("is written in the form of its name", async () => {
    using cli = createCli();
    const files = [cli.file("team.html"), cli.file("team.md")] as const;
    await cli.run(["Which colour?", ...small, "--report", files[0], "--report", files[1]]);
    expect(readFileSync(files[0], "utf8")).toStartWith("<!doctype html>");
    expect(readFileSync(files[1], "utf8")).toStartWith("# Coordination: sequential, 2 agents\n");
  });

  test("that cannot be written is told of before anything runs", async () => {
    using cli = createCli();
    const { code, errors, configs } = await cli.run(["t", ...small, "--report", cli.file("gone", "team.md")]);
    expect({ code, configs }).toEqual({ code: 2, configs: [] });
    expect(errors).toContain("cannot be written");
  });
});

test("a run over budget says how to go on, and goes on", async () => {
  using cli = createCli();
  const stopped = await cli.run(["Which colour?", ...small, "--budget-calls", "4"]);
  expect(stopped.code).toBe(1);
  const [, run = ""] = /hearth coordinate --resume (run-\w+) goes on/.exec(stopped.errors) ?? [];
  expect(stopped.errors).toContain("of 4 an hour 4 are gone");
  expect((await cli.run(["--show", run])).output).toContain("0 of 1 repeats are done");
  const resumed = await cli.run(["--resume", run, "--budget-calls", "100"]);
  expect(resumed.code).toBe(0);
  expect(resumed.output).toContain("(SEQUENTIAL, 2 AGENTS)\nblue");
  expect((await cli.run(["--runs"])).output).toMatch(/^run-\w+ +Which colour\? +hearth-demo +completed/m);
});

test("control characters that a model writes do not reach the terminal", async () => {
  using cli = createCli({ says: () => "\x1b[2Jgone\x07" });
  const { output } = await cli.run(["t", ...small]);
  expect(output).not.toContain("\x1b");
  expect(output).not.toContain("\x07");
});

describe("wrong usage", () => {
  test.each([
    [[], /say what the agents are to do/],
    [["t", "--resume", "run-1"], /TASK and --resume do not go together/],
    [["t", "--strategy", "vote"], /no strategy "vote"; there are sequential, parallel, debate/],
    [["t", "--agents", "many"], /--agents: expected a number, got "many"/],
    [["t", "--agents", "99"], /--agents: expected a whole number from 1 to 16, got 99/],
    [["t", "--temperature", "9"], /--temperature: expected a number from 0 to 2, got 9/],
    [["t", "--budget-tokens", "0"], /--budget-tokens: expected a whole number from 1 /],
    [["t", "--criterion", " "], /--criterion: is blank/],
    [["t", "--report", "team.md", "--report", "./team.md"], /\.\/team\.md is named twice/],
    [["t", "--model", "a", "--agent-model", "b"], /--model is for all agents/],
    [["t", "--price", "cheap"], /--price: expected a model and two prices/],
    [["t", "--report", "team.pdf"], /ends neither in \.md nor in \.html/],
  ])("%j ends with code 2 and loads nothing", async (argv, message) => {
    using cli = createCli();
    const { code, errors, configs } = await cli.run(argv);
    expect(code).toBe(2);
    expect(errors).toMatch(message);
    expect(configs).toEqual([]);
    expect(existsSync(cli.file("hearth.db"))).toBe(false);
  });
});
