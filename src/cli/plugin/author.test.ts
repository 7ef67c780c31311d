/** new, build and test, as an author uses them, with the real compiler. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createPluginCli, type PluginCli } from "./plugin-cli-fixture.ts";

function write(cli: PluginCli, path: string, text: string): void {
  mkdirSync(dirname(cli.folder.file("it", path)), { recursive: true });
  writeFileSync(cli.folder.file("it", path), text);
}

async function createJudge(cli: PluginCli): Promise<string> {
  const folder = cli.folder.file("it");
  await cli.run(["new", "judge", "it", "--dir", folder]);
  return folder;
}

describe("new", () => {
  test.each(["connector", "judge", "policy"])("a %s compiles and passes its test as it is", async (kind) => {
    using cli = createPluginCli();
    const folder = cli.folder.file("it");
    const created = await cli.run(["new", kind, "it", "--dir", folder]);
    expect(created.code).toBe(0);
    expect(created.output).toContain("\n  plugin.json\n  assembly/index.ts\n");
    expect(created.output).toContain("\nNext:\n  hearth plugin build ");
    const built = await cli.run(["build", folder]);
    expect(built.output).toMatch(/^\S+build\/it\.wasm, \d+\.\d KiB\n$/);
    const tested = await cli.run(["test", folder]);
    expect(tested).toMatchObject({
      code: 0,
      errors: "",
      output: expect.stringMatching(/cases, 0 failed\n$/),
    });
  });

  test("a kind or name that cannot be is wrong usage, and so is a folder with something in it", async () => {
    using cli = createPluginCli();
    const folder = await createJudge(cli);
    for (const [argv, message] of [
      [["new", "oracle", "it"], "connector, judge, policy"],
      [["new", "judge", "It", "--dir", cli.folder.file("x")], "cannot name a plugin"],
      [["new", "judge", "../x", "--dir", cli.folder.file("x")], "cannot name a plugin"],
      [["new", "judge", "it", "--dir", folder], "is not empty"],
    ] as const) {
      const { code, errors } = await cli.run(argv);
      expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining(message) });
    }
    expect(existsSync(cli.folder.file("x"))).toBe(false);
  });
});

describe("build", () => {
  test("shows the compiler's errors as they are, with code 1", async () => {
    using cli = createPluginCli();
    const folder = await createJudge(cli);
    write(cli, "assembly/index.ts", "export function judge(): i32 {\n  return absent();\n}\n");
    const { code, output, errors } = await cli.run(["build", folder]);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toStartWith("assembly/index.ts:2:10: ");
    expect(errors).toContain("absent");
  });

  test.each([
    ["{", "plugin.json is no JSON"],
    ['{"kind":"judge"}', "plugin.json: name: "],
  ])("shows what is wrong in the manifest %j", async (manifest, message) => {
    using cli = createPluginCli();
    const folder = await createJudge(cli);
    write(cli, "plugin.json", manifest);
    const { code, errors } = await cli.run(["build", folder]);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(message) });
  });

  test("of a folder that is no plugin says how one is made", async () => {
    using cli = createPluginCli();
    const { code, errors } = await cli.run(["build", cli.folder.path]);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining("hearth plugin new") });
  });
});

/** Does what its input says: remembers, asks a server, reads its config, or is a judge. */
const source = `import { fail, getConfig, HttpRequest, kvGet, kvSet, logInfo, pass, readText, runJudge, writeText } from "hearth-sdk";

export function judge(): i32 {
  return runJudge((input) => {
    logInfo("asked for " + input.response);
    if (input.response == "store") {
      const before = kvGet("seen");
      kvSet("seen", "yes");
      return before === null ? pass("new") : fail("seen before");
    }
    if (input.response == "fetch") return pass(new HttpRequest("GET", "https://api.example.com/").send().text());
    if (input.response == "config") {
      const value = getConfig("color");
      return pass(value === null ? "none" : value);
    }
    return fail("other").withScore(0.25);
  });
}

export function shout(): i32 {
  writeText(readText().toUpperCase());
  return 0;
}
`;
const manifest = {
  ...{ kind: "judge", name: "it", version: "1.0.0" },
  permissions: {
    http: { reason: "r", hosts: ["api.example.com"] },
    kv: { reason: "r" },
    config: { reason: "r", keys: ["color"] },
  },
};

describe("test", () => {
  const cli = createPluginCli();
  beforeAll(() => {
    write(cli, "plugin.json", JSON.stringify(manifest));
    write(cli, "assembly/index.ts", source);
  });
  afterAll(() => cli[Symbol.dispose]());

  /** The first of them compiles it; from then on only its cases change. */
  async function testJudge(cases: string, argv: readonly string[] = []) {
    write(cli, "cases/all.yaml", cases);
    const ended = await cli.run(["test", cli.folder.file("it"), ...argv]);
    return { ...ended, hasHome: existsSync(cli.folder.file("home", "models")) };
  }

  test("says of each case whether it is as expected, and where it is not", async () => {
    const { code, output, errors } = await testJudge(`
- { name: a guess, input: { response: x }, expect: { verdict: fail, score: 0.25 } }
- { name: a wrong guess, input: { response: x }, expect: { verdict: pass, score: 0.25, reasons: [other] } }
- { name: a failure that does not come, input: { response: x }, error: timeout }
- { name: a failure that was not expected, input: {}, expect: {} }
- { name: a failure that was, input: {}, error: input_invalid }
`);
    expect({ code, errors }).toEqual({ code: 1, errors: "" });
    expect(output.split("\n")).toEqual([
      "ok    a guess",
      "FAIL  a wrong guess (cases/all.yaml)",
      '      verdict: expected "pass", got "fail"',
      "      info: asked for x",
      "FAIL  a failure that does not come (cases/all.yaml)",
      expect.stringContaining('      error: expected timeout, got the output {"verdict":"fail"'),
      "      info: asked for x",
      "FAIL  a failure that was not expected (cases/all.yaml)",
      expect.stringContaining("      error: expected none, got input_invalid: "),
      "ok    a failure that was",
      "5 cases, 3 failed",
      "",
    ]);
  });

  test("gives each case its config and answers, and what one stores the next does not see", async () => {
    const { code, output, hasHome } = await testJudge(`
- { name: stores, input: { response: store }, expect: { reasons: [new] } }
- { name: stores again, input: { response: store }, expect: { reasons: [new] } }
- { name: has config, input: { response: config }, config: { color: red }, expect: { reasons: [red] } }
- { name: has none, input: { response: config }, expect: { reasons: [none] } }
- name: has an answer
  input: { response: fetch }
  http: [{ request: { url: https://api.example.com/ }, response: { body: hello } }]
  expect: { reasons: [hello] }
- { name: has no network, input: { response: fetch }, error: http_failed }
- { name: has no grant, input: { response: fetch }, grants: [kv], error: not_granted }
- { name: another export, export: shout, input: hello, expect: HELLO }
`);
    expect(output).toEndWith("8 cases, 0 failed\n");
    expect({ code, hasHome }).toEqual({ code: 0, hasHome: false });
  });

  test("--case takes those with a text in their name, and --json has the facts", async () => {
    const cases = `
- { name: one, input: { response: x }, expect: { verdict: fail } }
- { name: two, input: { response: x }, expect: { verdict: pass } }
`;
    const { code, output } = await testJudge(cases, ["--case", "tw", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(output)).toEqual({
      ...{ plugin: "it", passed: 0, failed: 1 },
      cases: [
        {
          ...{ file: "cases/all.yaml", name: "two", ok: false },
          differences: ['verdict: expected "pass", got "fail"'],
          logs: [{ level: "info", text: "asked for x" }],
        },
      ],
    });
  });

  test.each([
    ["[]", [], /^hearth: there are no cases in \S+cases; write them/],
    [
      "- { name: one, input: {}, expect: {} }",
      ["--case", "two"],
      /^hearth: none of the 1 cases has "two" in its name/,
    ],
    ["- { name: one, input: {} }", [], /^hearth: cases\/all\.yaml: \[0\]: expected either/],
  ])("of the cases %j with %j is one message and code 1", async (cases, argv, message) => {
    const { code, output, errors } = await testJudge(cases, argv);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toMatch(message);
  });

  test("a config key that the manifest does not ask for fails its case", async () => {
    const cases = "- { name: one, input: { response: x }, config: { colour: red }, expect: {} }";
    expect((await testJudge(cases)).output).toContain('config: the manifest asks for no config key "colour"');
  });

  test("sources that do not compile fail with what the compiler says", async () => {
    using cli = createPluginCli();
    write(cli, "plugin.json", JSON.stringify(manifest));
    write(cli, "assembly/index.ts", "export function judge(): i32 { return absent(); }");
    write(cli, "cases/all.yaml", "- { name: one, input: {}, expect: {} }");
    const { code, output, errors } = await cli.run(["test", cli.folder.file("it")]);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toStartWith("assembly/index.ts:1:");
  });
});

test.each(["build", "test"])("%s of a folder that is no plugin names the folder", async (command) => {
  using cli = createPluginCli();
  const folder = cli.folder.file("nowhere");
  expect(await cli.run([command, folder])).toMatchObject({
    code: 1,
    errors: `hearth: there is no plugin.json in ${folder}; hearth plugin new writes one\n`,
  });
});

test("a folder that cannot be made for a new plugin is told with what to do", async () => {
  using cli = createPluginCli();
  const folder = `${cli.write("file", "x")}/inside`;
  const { code, errors } = await cli.run(["new", "judge", "fine", "--dir", folder]);
  expect(code).toBe(1);
  expect(errors).toStartWith(`hearth: ${folder} cannot be written: `);
  expect(errors).toEndWith("; give another folder with --dir\n");
});
