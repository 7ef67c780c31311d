import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import {
  createFakeCli,
  createFakeIo,
  isProcessAlive,
  makeJudge,
  makeJudgeOf,
  makeSpinningJudge,
  op,
  packPlugin,
  saying,
  waitUntil,
  wasmPreamble,
  writeGuest,
} from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";
import {
  createPluginCli,
  judgeInput,
  makeAskingJudge,
  makeConnector,
  passed,
  passing,
} from "./plugin-cli-fixture.ts";

type Called = { readonly file: Uint8Array; readonly argv?: readonly string[]; readonly input?: string };

async function callFile({ file, argv = [], input = judgeInput }: Called) {
  using cli = createPluginCli();
  const path = cli.write("it.wasm", file);
  const { code, output, errors } = await cli.run(["call", path, "--input", "-", ...argv], { input });
  return { code, errors, output, value: parse(output) };
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

function failure(code: string, message: unknown = expect.any(String)) {
  return { code: 1, value: { error: { code, message } } };
}

describe("what comes out", () => {
  test("is one line of JSON with what the contract fills in", async () => {
    const { code, output } = await callFile({ file: makeJudge("it", passing) });
    expect({ code, output }).toEqual({ code: 0, output: `${JSON.stringify(passed)}\n` });
  });

  test("is laid out on a terminal, unless --json is given", async () => {
    using cli = createPluginCli();
    const path = cli.write("it.wasm", makeJudge("it", passing));
    const input = cli.write("input.json", judgeInput);
    const shown = await cli.run(["call", path, "--input", input], { isTerminal: true });
    expect(shown.output).toBe(`${JSON.stringify(passed, null, 2)}\n`);
    const json = await cli.run(["call", path, "--input", input, "--json"], { isTerminal: true });
    expect(json.output).toBe(`${JSON.stringify(passed)}\n`);
  });

  test("cannot steer the terminal", async () => {
    const judge = makeJudge("it", JSON.stringify({ verdict: "fail", reasons: ["\u001b[2J\u009b2J"] }));
    const { output } = await callFile({ file: judge });
    expect(output).toContain("\\u001b[2J\\u009b2J");
    using cli = createPluginCli();
    const path = cli.write("raw.wasm", saying("\u001b[2Jhello"));
    const shown = await cli.run(["call", path, "--export", "run"], { isTerminal: true });
    expect(shown.output).toBe("�[2Jhello\n");
  });

  test("of an export without a contract is its text, and with --json a JSON string where it is no JSON", async () => {
    const text = { file: saying("five vowels"), argv: ["--export", "run"] };
    expect(await callFile(text)).toMatchObject({ code: 0, output: "five vowels\n" });
    expect((await callFile({ ...text, argv: [...text.argv, "--json"] })).output).toBe('"five vowels"\n');
    const json = { file: saying('{"count": 5}'), argv: ["--export", "run", "--json"] };
    expect((await callFile(json)).output).toBe('{"count": 5}\n');
  });

  test("that is not text is a failure", async () => {
    const called = await callFile({ file: saying(Uint8Array.of(0xff, 0xfe)), argv: ["--export", "run"] });
    expect(called).toMatchObject(failure("output_not_utf8"));
  });

  test("of a connector's health needs no input", async () => {
    using cli = createPluginCli();
    const path = cli.write("desk.wasm", makeConnector());
    const { code, output } = await cli.run(["call", path, "--export", "health"]);
    expect({ code, output }).toEqual({ code: 0, output: '{"ok":true,"message":"fine"}\n' });
  });

  test("of its logs is on stderr, without control characters", async () => {
    const file = makeJudgeOf("it", (guest) => [
      ...[guest.text("looked\u001b[2J"), guest.host("log_info")],
      guest.output(passing),
    ]);
    expect((await callFile({ file })).errors).toBe("info: looked�[2J\n");
  });
});

describe("a module without a manifest", () => {
  test("is called by the export of a plugin, where it has one", async () => {
    const module = writeGuest({
      functions: [{ code: (guest) => [guest.output("done")] }],
      exports: { decide: 0 },
    });
    expect(await callFile({ file: module })).toMatchObject({ code: 0, output: "done\n" });
  });

  test("needs a name for any other", async () => {
    const other = writeGuest({
      functions: [{ code: (guest) => [guest.output("x")] }],
      exports: { other: 0 },
    });
    expect(await callFile({ file: other })).toMatchObject(
      failure("manifest_missing", expect.stringContaining("--export")),
    );
    expect(await callFile({ file: other, argv: ["--export", "absent"] })).toMatchObject(
      failure("plugin_not_implemented"),
    );
  });

  test("can be given nothing", async () => {
    const granted = await callFile({ file: saying("x"), argv: ["--grant", "http", "--export", "run"] });
    expect({ code: granted.code, errors: granted.errors }).toEqual({
      code: 2,
      errors: "hearth: a module without a manifest can be granted nothing\n",
    });
    expect((await callFile({ file: saying("x"), argv: ["--config", "a=b"] })).code).toBe(2);
  });
});

describe("every failure is JSON and code 1", () => {
  test.each([
    ["a file that is no module", new TextEncoder().encode("#!/bin/sh\n"), "module_invalid"],
    ["an empty file", new Uint8Array(), "module_invalid"],
    ["a component", Uint8Array.of(...wasmPreamble.slice(0, 4), 0x0d, 0, 1, 0), "module_component"],
    ["an output that is no verdict", makeJudge("it", '{"verdict":"maybe"}'), "output_invalid"],
    ["an output that is no JSON", makeJudge("it", "pass"), "output_not_json"],
    ["a trap", makeJudgeOf("it", () => [[0x00]]), "trap"],
    ["a manifest that is wrong", makeJudge("It!", passing), "manifest_invalid"],
    ["another contract", makeJudge("it", passing, { manifest: { contract: 99 } }), "contract_unsupported"],
  ])("%s", async (_, file, code) => {
    const called = await callFile({ file });
    expect(called).toMatchObject(failure(code));
    expect(called.errors).toBe("");
  });

  test("an endless loop ends at its limit", async () => {
    const called = await callFile({ file: makeSpinningJudge("it"), argv: ["--limit", "timeoutMs=200"] });
    expect(called).toMatchObject(failure("timeout"));
  });

  test.each([
    ["no JSON", "hello", "input_invalid"],
    ["JSON that is no input of a judge", '{"prompt":"x"}', "input_invalid"],
    ["nothing", "", "input_invalid"],
  ])("an input that is %s", async (_, input, code) => {
    expect(await callFile({ file: makeJudge("it", passing), input })).toMatchObject(failure(code));
  });

  test("an input or a file that is not there, and a name that nobody has", async () => {
    using cli = createPluginCli();
    const path = cli.write("it.wasm", makeJudge("it", passing));
    const absent = cli.folder.file("absent.wasm");
    for (const [argv, code] of [
      [["call", path, "--input", absent], "input_invalid"],
      [["call", absent], "plugin_not_found"],
      [["call", `${cli.folder.path}/`], "plugin_not_found"],
      [["call", "nobody"], "plugin_not_found"],
    ] as const) {
      const { output, ...ended } = await cli.run(argv);
      expect({ code: ended.code, value: parse(output) }).toEqual(failure(code));
    }
  });

  test("a file larger than it may be", async () => {
    const called = await callFile({ file: makeJudge("it", passing), argv: ["--limit", "moduleBytes=10"] });
    expect(called).toMatchObject(failure("module_too_large"));
  });

  test("an unsigned file where signatures are required", async () => {
    const called = await callFile({ file: makeJudge("it", passing), argv: ["--require-signed", "on"] });
    expect(called).toMatchObject(failure("plugin_unsigned"));
  });
});

describe("what a file may", () => {
  const writing = '{"operation":"write_note"}';
  /** Answers with the value of its config key. */
  const repeating = packPlugin(
    writeGuest({
      functions: [
        {
          locals: [{ count: 1, type: "i64" }],
          code: ({ text, host }) => [
            ...[text("token"), host("config_get"), [op.localTee, 0]],
            ...[[op.localGet, 0], host("length"), host("output_set")],
          ],
        },
      ],
      exports: { judge: 0 },
    }),
    {
      ...{ kind: "judge", name: "repeating", version: "1.0.0" },
      permissions: { config: { reason: "r", keys: ["token"] } },
    },
  );

  test("is nothing but what --grant names", async () => {
    const ungranted = await callFile({ file: makeConnector(), input: writing });
    expect(ungranted).toMatchObject(failure("not_granted"));
    const granted = await callFile({ file: makeConnector(), input: writing, argv: ["--grant", "write"] });
    expect(granted).toMatchObject({ code: 0, value: { data: 7 } });
  });

  test("is nothing that its manifest does not ask for", async () => {
    const { code, errors } = await callFile({ file: makeConnector(), argv: ["--grant", "generate"] });
    expect({ code, errors }).toEqual({
      code: 2,
      errors: "hearth: desk does not ask for generate; it asks for http, write, privateNetwork\n",
    });
  });

  test.each([
    [["--config", "token=x"], "--config needs --grant config beside it"],
    [["--grant", "config", "--config", "other=x"], 'asking has no config key "other"; it asks for token'],
  ])("%j is wrong usage", async (argv, message) => {
    const { code, errors } = await callFile({ file: makeAskingJudge(), argv });
    expect({ code, errors }).toEqual({ code: 2, errors: `hearth: ${message}\n` });
  });

  test("what it fails of is not held against the added plugin of its name", async () => {
    using cli = createPluginCli();
    const good = cli.write("good.wasm", makeJudge("same", passing));
    const bad = cli.write("bad.wasm", makeSpinningJudge("same"));
    await cli.run(["add", good, "--yes"]);
    for (const _ of [1, 2]) {
      const called = await cli.run(["call", bad, "--limit", "timeoutMs=200", "--input", "-"], {
        input: judgeInput,
      });
      expect(parse(called.output)).toMatchObject({ error: { code: "timeout" } });
    }
    const listed = JSON.parse((await cli.run(["ls", "--json"])).output);
    const same = listed.find(({ name }: { name: string }) => name === "same");
    expect(same).toMatchObject({ state: "enabled" });
    expect(same.lastError).toBeUndefined();
  });

  test("its config keys come from the command line or from variables", async () => {
    const direct = ["--grant", "config", "--config", `token=${passing}`];
    expect(await callFile({ file: repeating, argv: direct })).toMatchObject({ code: 0, value: passed });
    using cli = createPluginCli();
    const path = cli.write("it.wasm", repeating);
    const named = ["call", path, "--grant", "config", "--config", "token=env:VERDICT", "--input", "-"];
    const called = await cli.run(named, { input: judgeInput, environment: { VERDICT: passing } });
    expect(parse(called.output)).toEqual(passed);
  });
});

describe("a plugin that was added", () => {
  test("is called by its name, under what was decided then", async () => {
    using cli = createPluginCli();
    await cli.run(["add", cli.write("it.wasm", makeConnector()), "--yes", "--grant", "write"]);
    const called = await cli.run(["call", "desk", "--input", "-"], { input: '{"operation":"write_note"}' });
    expect(called).toMatchObject({ code: 0, output: '{"data":7}\n' });
  });

  test.each([[["--grant", "http"]], [["--config", "a=b"]], [["--limit", "timeoutMs=5"]]])(
    "%j beside its name is wrong usage",
    async (argv) => {
      using cli = createPluginCli();
      const { code, errors } = await cli.run(["call", "desk", ...argv]);
      expect(code).toBe(2);
      expect(errors).toContain("hearth plugin add desk changes that");
    },
  );
});

describe("Ctrl-C", () => {
  test.skipIf(process.platform !== "linux")(
    "ends a call that does not end, and no process is left",
    async () => {
      using cli = createPluginCli();
      const path = cli.write("it.wasm", makeSpinningJudge("it"));
      const input = cli.write("input.json", judgeInput);
      const before = new Set(childProcesses());
      const world = createFakeIo();
      const { deps } = createFakeCli(world, { environment: { HEARTH_HOME: cli.folder.file("home") } });
      const ended = runCli(["plugin", "call", path, "--input", input, "--limit", "timeoutMs=600000"], deps);
      let host: number | undefined;
      await waitUntil("the guest has the processor", () => {
        host = childProcesses().find((pid) => !before.has(pid));
        return host !== undefined && cpuTicks(host) > 50;
      });
      world.signal("SIGINT");
      expect(await ended).toBe(130);
      expect({ output: world.output(), errors: world.errors() }).toEqual({
        output: "",
        errors: "hearth: stopped\n",
      });
      expect(isProcessAlive(host ?? 0)).toBe(false);
    },
  );

  test("ends the wait for input that does not come", async () => {
    using cli = createPluginCli();
    const path = cli.write("it.wasm", makeJudge("it", passing));
    const world = createFakeIo();
    const { deps } = createFakeCli(world, { environment: { HEARTH_HOME: cli.folder.file("home") } });
    const ended = runCli(["plugin", "call", path, "--input", "-"], deps);
    await waitUntil("it reads", () => world.io.stdin.listenerCount("readable") > 0);
    world.signal("SIGINT");
    expect(await ended).toBe(130);
  });
});

function childProcesses(): readonly number[] {
  return readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number),
  );
}

/** Hundredths of a second that a process has had the processor. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
