import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { createSigningKey, limitTable, signModule } from "../../plugin-host/index.ts";
import { makeJudge, packPlugin, saying, startHttpFixture, writeHttpAnswer } from "../../testing/index.ts";
import {
  createPluginCli,
  judgeInput,
  makeAskingJudge,
  makeConnector,
  type PluginCli,
  passing,
  sha256Of,
} from "./plugin-cli-fixture.ts";

async function infoOf(cli: PluginCli, name: string) {
  return JSON.parse((await cli.run(["info", name, "--json"])).output);
}

function storedFiles(cli: PluginCli): readonly string[] {
  const folder = cli.folder.file("home", "plugins");
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe("what is shown before anything is granted", () => {
  test("is what the plugin is, where it is from, and each permission with its reason", async () => {
    using cli = createPluginCli();
    const file = makeAskingJudge();
    const path = cli.write("asking.wasm", file);
    const { output } = await cli.run(["add", path]);
    for (const line of [
      /^plugin +asking 1\.0\.0, a judge$/m,
      /^says +Judges by what a server says$/m,
      new RegExp(`^source +${path}$`, "m"),
      /^signature +unsigned$/m,
      new RegExp(`^SHA-256 +${sha256Of(file)}$`, "m"),
      /^config +token: no value yet, --config token=VALUE sets it$/m,
      /^http +yes +api\.example\.com +the server is there$/m,
      /^config +yes +token +the server wants it$/m,
    ])
      expect(output).toMatch(line);
  });

  test("cannot steer the terminal", async () => {
    using cli = createPluginCli();
    const permissions = { kv: { reason: "\u001b[1A\u009b2K all is\nfine" } };
    const path = cli.write("it.wasm", makeAskingJudge("it", { description: "x\u001b[2J", permissions }));
    const { output } = await cli.run(["add", path]);
    expect(output).toContain("says       x�[2J\n");
    expect(output).toContain("�[1A�2K all is fine\n");
  });

  test("names what changes something, and how it is granted", async () => {
    using cli = createPluginCli();
    const { output } = await cli.run(["add", cli.write("desk.wasm", makeConnector())]);
    expect(output).toMatch(/^write +no +write_note +operations that change something$/m);
    expect(output).toContain("What changes something is granted with --grant write alone.\n");
  });
});

describe("the question", () => {
  test.each(["y\n", "yes\n", " Y \n"])("%j adds it", async (input) => {
    using cli = createPluginCli();
    const path = cli.write("asking.wasm", makeAskingJudge());
    const { code, output } = await cli.run(["add", path], { isTerminal: true, input });
    expect(code).toBe(0);
    expect(output).toEndWith("added asking 1.0.0, granted: http, config\n");
  });

  test.each(["\n", "n\n", "yes please\n", ""])(
    "%j leaves everything as it was, with code 1",
    async (input) => {
      using cli = createPluginCli();
      const path = cli.write("asking.wasm", makeAskingJudge());
      const { code, errors } = await cli.run(["add", path], { isTerminal: true, input });
      expect({ code, errors }).toEqual({ code: 1, errors: "hearth: asking was not added\n" });
      expect(storedFiles(cli)).toEqual([]);
    },
  );

  test("cannot be answered by a pipe: without a terminal --yes is needed", async () => {
    using cli = createPluginCli();
    const path = cli.write("asking.wasm", makeAskingJudge());
    const { code, errors } = await cli.run(["add", path], { input: "y\n" });
    expect(code).toBe(1);
    expect(errors).toContain("there is no terminal to ask on, and --yes grants what is shown");
    expect(storedFiles(cli)).toEqual([]);
  });
});

describe("--yes", () => {
  test("grants all that is asked for but what changes something", async () => {
    using cli = createPluginCli();
    const { code, output } = await cli.run(["add", cli.write("desk.wasm", makeConnector()), "--yes"]);
    expect(code).toBe(0);
    expect(output).toEndWith("added desk 1.0.0, granted: http\n");
    const refused = await cli.run(["call", "desk", "--input", "-"], { input: '{"operation":"write_note"}' });
    expect(refused.output).toContain('"not_granted"');
    expect(refused.output).toContain("hearth plugin add desk --grant write");
  });

  test("grants that too where it is named, and not what is denied", async () => {
    using cli = createPluginCli();
    const path = cli.write("desk.wasm", makeConnector());
    const { output } = await cli.run(["add", path, "--yes", "--grant", "write", "--deny", "http"]);
    expect(output).toEndWith("added desk 1.0.0, granted: write\n");
  });

  test("stores limits and config, whose values are shown nowhere", async () => {
    using cli = createPluginCli();
    const path = cli.write("asking.wasm", makeAskingJudge());
    const argv = ["add", path, "--yes", "--config", "token=hunter2", "--limit", "timeoutMs=500"];
    const added = await cli.run([...argv, "--private-network"]);
    expect(added.output).toContain("token: set");
    expect(added.output).toEndWith("granted: http, config, privateNetwork\n");
    const shown = (await cli.run(["info", "asking"])).output;
    const json = (await cli.run(["info", "asking", "--json"])).output;
    expect(added.output + shown + json).not.toContain("hunter2");
    expect(JSON.parse(json)).toMatchObject({
      config: { token: { isSet: true } },
      limits: { timeoutMs: { value: 500, default: 10_000 }, outputDepth: { value: 64 } },
    });
    expect(shown).toMatch(/^timeoutMs +500 +wall time, changed from 10000$/m);
  });
});

describe("a plugin that is here", () => {
  test("is updated, what is new of it is shown, and what was decided stays", async () => {
    using cli = createPluginCli();
    const first = makeConnector("desk", { permissions: {} });
    await cli.run(["add", cli.write("1.wasm", first), "--yes", "--limit", "timeoutMs=500"]);
    const { code, output } = await cli.run([
      "add",
      cli.write("2.wasm", makeConnector("desk", { version: "1.1.0" })),
      "--yes",
    ]);
    expect(code).toBe(0);
    expect(output).toMatch(/^plugin +desk 1\.1\.0, a connector, here is 1\.0\.0$/m);
    expect(output).toMatch(/^http +yes, new +desk\.example\.com/m);
    expect(output).toEndWith("updated desk 1.1.0, granted: http\n");
    expect(await infoOf(cli, "desk")).toMatchObject({
      version: "1.1.0",
      limits: { timeoutMs: { value: 500 } },
    });
  });

  test("is granted more by its name", async () => {
    using cli = createPluginCli();
    await cli.run(["add", cli.write("desk.wasm", makeConnector()), "--yes"]);
    const { output } = await cli.run(["add", "desk", "--yes", "--grant", "write"]);
    expect(output).toEndWith("updated desk 1.0.0, granted: http, write\n");
    const called = await cli.run(["call", "desk", "--input", "-"], { input: '{"operation":"write_note"}' });
    expect(called.output).toBe('{"data":7}\n');
  });

  test("loses a grant by --deny, and other hosts are told", async () => {
    using cli = createPluginCli();
    await cli.run(["add", cli.write("desk.wasm", makeConnector()), "--yes"]);
    const denied = await cli.run(["add", "desk", "--yes", "--deny", "http"]);
    expect(denied.output).toEndWith("updated desk 1.0.0, granted: nothing\n");
    const permissions = { http: { reason: "r", hosts: ["other.example.com"] } };
    const moved = cli.write("moved.wasm", makeConnector("desk", { permissions }));
    expect((await cli.run(["add", moved])).output).toMatch(
      /^http +no, for something else +other\.example\.com/m,
    );
  });
});

describe("what is refused", () => {
  test.each([
    ["a file that is no module", new TextEncoder().encode("hello"), "it.wasm: "],
    ["a module without a manifest", saying("x"), "it has no manifest; hearth plugin build writes one"],
    [
      "a judge without its export",
      makeJudge("it", passing, { parts: { exports: { other: 0 } } }),
      'no export "judge"',
    ],
    ["a manifest with a wrong name", makeJudge("IT", passing), "its manifest is wrong: name: "],
  ])("%s", async (_, file, message) => {
    using cli = createPluginCli();
    const { code, errors, output } = await cli.run(["add", cli.write("it.wasm", file), "--yes"]);
    expect({ code, isAdded: output.includes("added") }).toEqual({ code: 1, isAdded: false });
    expect(errors).toContain(message);
    expect(storedFiles(cli)).toEqual([]);
  });

  test("a file that is not there, a name that nobody has, and another file than is meant", async () => {
    using cli = createPluginCli();
    const path = cli.write("it.wasm", makeJudge("it", passing));
    for (const [argv, message] of [
      [["add", cli.folder.file("absent.wasm")], "absent.wasm: there is no such file"],
      [["add", "nobody", "--yes"], "nobody: there is no plugin of this name here; give the path or address"],
      [["add", path, "--yes", "--sha256", "ab".repeat(32)], "it.wasm is not the file that is meant"],
    ] as const) {
      const { code, errors } = await cli.run(argv);
      expect(code).toBe(1);
      expect(errors).toContain(message);
    }
    expect(storedFiles(cli)).toEqual([]);
  });

  test("config keys and limits that do not exist are wrong usage", async () => {
    using cli = createPluginCli();
    const path = cli.write("asking.wasm", makeAskingJudge());
    const unknownKey = await cli.run(["add", path, "--yes", "--config", "password=x"]);
    expect(unknownKey).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no config key "password"'),
    });
    expect((await cli.run(["add", path, "--yes", "--limit", "x=1"])).code).toBe(2);
    expect((await cli.run(["add", path, "--yes", "--grant", "generate"])).code).toBe(2);
  });

  test("an unsigned plugin, or one of a stranger, where signatures are required", async () => {
    using cli = createPluginCli();
    const { privateKeyPem, publicKey } = createSigningKey();
    const plain = makeJudge("it", passing);
    const signed = cli.write("signed.wasm", signModule(plain, privateKeyPem));
    const strict = ["--yes", "--require-signed", "on"];
    const unsigned = await cli.run(["add", cli.write("plain.wasm", plain), ...strict]);
    expect(unsigned).toMatchObject({ code: 1, errors: expect.stringContaining("and it has none") });
    const stranger = await cli.run(["add", signed, ...strict]);
    expect(stranger).toMatchObject({
      code: 1,
      errors: expect.stringContaining(`${publicKey} is not trusted`),
    });
    const trusted = await cli.run(["add", signed, ...strict, "--trusted-key", publicKey]);
    expect(trusted).toMatchObject({
      code: 0,
      output: expect.stringContaining(`of the trusted key ${publicKey}`),
    });
  });

  test("a plugin that was changed after it was signed", async () => {
    using cli = createPluginCli();
    const signed = signModule(makeJudge("it", passing), createSigningKey().privateKeyPem);
    const at = Buffer.from(signed).indexOf("pass");
    signed.set(new TextEncoder().encode("fail"), at);
    const { code, errors } = await cli.run(["add", cli.write("it.wasm", signed), "--yes"]);
    expect(code).toBe(1);
    expect(errors).toContain("it was changed after it was signed");
  });
});

test("a plugin comes from an address, without what is secret in it", async () => {
  using cli = createPluginCli();
  const file = makeJudge("it", passing);
  await using server = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ body: file })),
  );
  const address = `http://127.0.0.1:${server.port}/it.wasm`;
  const { code, errors } = await cli.run([
    "add",
    `${address}?token=hunter2`,
    "--yes",
    "--sha256",
    sha256Of(file),
  ]);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(await infoOf(cli, "it")).toMatchObject({ source: address, state: "enabled" });
  expect((await cli.run(["call", "it", "--input", "-"], { input: judgeInput })).code).toBe(0);
});

describe("values of config", () => {
  const add = (cli: PluginCli, ...more: string[]) =>
    cli.run(["add", cli.write("asking.wasm", makeAskingJudge()), "--yes", ...more]);

  test("are taken back by an empty one", async () => {
    using cli = createPluginCli();
    await add(cli, "--config", "token=very-secret");
    expect((await infoOf(cli, "asking")).config).toEqual({ token: { isSet: true } });
    const { output } = await cli.run(["add", "asking", "--yes", "--config", "token="]);
    expect(output).toContain("token: no value yet");
    expect((await infoOf(cli, "asking")).config).toEqual({});
    expect(await cli.run(["add", "asking", "--yes", "--config", "other="])).toMatchObject({ code: 2 });
  });

  test("from a variable that is not set are told of", async () => {
    using cli = createPluginCli();
    const { output } = await add(cli, "--config", "token=env:DESK_TOKEN");
    expect(output).toContain("token: from the variable DESK_TOKEN, which is not set here\n");
    const environment = { DESK_TOKEN: "x" };
    const { output: told } = await cli.run(["info", "asking"], { environment });
    expect(told).toContain("token: from the variable DESK_TOKEN\n");
    expect((await infoOf(cli, "asking")).config).toEqual({
      token: { environment: "DESK_TOKEN", isSet: false },
    });
  });
});

test("an update that another key signed, or none, says whose the plugin is now", async () => {
  using cli = createPluginCli();
  const { privateKeyPem } = createSigningKey();
  const signed = signModule(makeAskingJudge(), privateKeyPem);
  await cli.run(["add", cli.write("signed.wasm", signed), "--yes"]);
  const same = await cli.run(["add", cli.write("same.wasm", signed)]);
  expect(same.output).not.toContain("the one that is here");
  const { output } = await cli.run(["add", cli.write("asking.wasm", makeAskingJudge())]);
  expect(output).toMatch(/^signature +unsigned; the one that is here is signed by ed25519:\S+$/m);
});

test("a home folder that cannot be written is told with what to do", async () => {
  using cli = createPluginCli();
  cli.write("home", "a file");
  const path = cli.write("asking.wasm", makeAskingJudge());
  const { code, errors } = await cli.run(["add", path, "--yes"]);
  expect({ code, errors }).toMatchObject({ code: 1 });
  expect(errors).toContain(`hearth: ${cli.folder.file("home")} cannot be written: `);
  expect(errors).toContain("; set HEARTH_HOME to a folder that can be\n");
});

/** A judge that answers nothing, with a segment of data that it never reads. */
function makeLargeJudge(dataBytes: number): Uint8Array {
  const toVarint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...toVarint(Math.floor(value / 128))];
  const types = [1, 5, 1, 0x60, 0, 1, 0x7f];
  const exported = [7, 9, 1, 5, ...new TextEncoder().encode("judge"), 0, 0];
  const code = [10, 6, 1, 4, 0, 0x41, 0, 0x0b];
  const segment = [1, 1, ...toVarint(dataBytes)];
  const data = [11, ...toVarint(segment.length + dataBytes), ...segment];
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...types, 3, 2, 1, 0, ...exported, ...code, ...data];
  const module = Buffer.concat([new Uint8Array(head), new Uint8Array(dataBytes)]);
  return packPlugin(module, { kind: "judge", name: "large", version: "1.0.0" });
}

test("a file beyond the usual size is taken in where the administrator allows its size", async () => {
  using cli = createPluginCli();
  const usual = limitTable.moduleBytes.default;
  const large = makeLargeJudge(usual);
  const path = cli.write("large.wasm", large);
  const refused = await cli.run(["add", path, "--yes"]);
  expect(refused.code).toBe(1);
  expect(refused.errors).toContain(`it has ${large.length} bytes; at most ${usual} are possible`);
  expect(refused.errors).toContain(`--limit moduleBytes=${large.length} allows it`);
  expect(await cli.run(["add", path, "--yes", "--limit", `moduleBytes=${2 * usual}`])).toMatchObject({
    code: 0,
  });
  expect((await cli.run(["add", path, "--yes"])).code).toBe(0);
});
