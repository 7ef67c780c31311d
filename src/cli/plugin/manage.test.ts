/** ls, info, rm, enable and disable. */
import { describe, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { makeJudge, makeSpinningJudge, saying } from "../../testing/index.ts";
import {
  createPluginCli,
  judgeInput,
  makeAskingJudge,
  makeConnector,
  type PluginCli,
  passing,
  sha256Of,
} from "./plugin-cli-fixture.ts";

type Listed = { readonly name: string; readonly [key: string]: unknown };

async function find(cli: PluginCli, name: string): Promise<Listed | undefined> {
  const listed: readonly Listed[] = JSON.parse((await cli.run(["ls", "--json"])).output);
  return listed.find((each) => each.name === name);
}

async function add(cli: PluginCli, name: string, file: Uint8Array, argv: readonly string[] = []) {
  await cli.run(["add", cli.write(`${name}.wasm`, file), "--yes", ...argv]);
}

/** Two calls that break a limit. */
async function quarantine(cli: PluginCli, name: string) {
  await add(cli, name, makeSpinningJudge(name), ["--limit", "timeoutMs=100"]);
  for (const _ of [1, 2]) await cli.run(["call", name, "--input", "-"], { input: judgeInput });
}

describe("ls", () => {
  test("has a row for each plugin, with what it was granted", async () => {
    using cli = createPluginCli();
    await add(cli, "asking", makeAskingJudge());
    await add(cli, "off", makeJudge("off", passing));
    await cli.run(["disable", "off"]);
    const { code, output } = await cli.run(["ls"]);
    expect(code).toBe(0);
    expect(output).toMatch(/^NAME +KIND +VERSION +STATE +SOURCE +GRANTS$/m);
    expect(output).toMatch(/^asking +judge +1\.0\.0 +enabled +\S+asking\.wasm +http, config$/m);
    expect(output).toMatch(/^off +judge +1\.0\.0 +disabled +\S+off\.wasm +-$/m);
  });

  test("tells on a line of its own what a plugin failed of last, and that it is in quarantine", async () => {
    using cli = createPluginCli();
    await quarantine(cli, "slow");
    const { output } = await cli.run(["ls"]);
    expect(output).toMatch(/^slow +judge +1\.0\.0 +quarantined .*\n {2}just now: timeout: .+$/m);
    expect(await find(cli, "slow")).toMatchObject({
      state: "quarantined",
      quarantinedAt: expect.any(String),
      lastError: { code: "timeout", at: expect.any(String) },
    });
  });

  test("--json has the facts", async () => {
    using cli = createPluginCli();
    const file = makeAskingJudge();
    await add(cli, "asking", file);
    expect(await find(cli, "asking")).toMatchObject({
      ...{ kind: "judge", version: "1.0.0", state: "enabled", sha256: sha256Of(file) },
      ...{ source: cli.folder.file("asking.wasm"), grants: ["http", "config"], addedAt: expect.any(String) },
    });
  });
});

describe("info", () => {
  test("of a connector names its operations, permissions and limits", async () => {
    using cli = createPluginCli();
    await add(cli, "desk", makeConnector(), ["--limit", "timeoutMs=5000"]);
    const { code, output } = await cli.run(["info", "desk"]);
    expect(code).toBe(0);
    for (const line of [
      /^plugin +desk 1\.0\.0, a connector$/m,
      /^state +enabled$/m,
      /^http +yes +desk\.example\.com +the desk is there$/m,
      /^write +no +write_note +/m,
      /^write_note +yes/m,
      /^timeoutMs +5000 +wall time, changed from 10000$/m,
    ])
      expect(output).toMatch(line);
  });

  test("of a file tells what it would be, and nothing is added", async () => {
    using cli = createPluginCli();
    const file = makeAskingJudge();
    const path = cli.write("asking.wasm", file);
    const { output } = await cli.run(["info", path]);
    expect(output).toMatch(/^state +a file that was not added$/m);
    expect(output).toMatch(/^http +no +api\.example\.com/m);
    const json = JSON.parse((await cli.run(["info", path, "--json"])).output);
    expect(json).toMatchObject({
      ...{ sha256: sha256Of(file), bytes: file.length, signature: { state: "unsigned" } },
      manifest: { name: "asking", contract: 1 },
      permissions: [{ name: "http", granted: "no" }, { name: "config" }],
    });
    expect(await find(cli, "asking")).toBeUndefined();
  });

  test("of a module without a manifest says that", async () => {
    using cli = createPluginCli();
    const { code, output } = await cli.run(["info", cli.write("raw.wasm", saying("x"))]);
    expect(code).toBe(0);
    expect(output).toMatch(/^plugin +a module without a manifest$/m);
  });

  test("of a plugin whose file is gone says what to do", async () => {
    using cli = createPluginCli();
    await add(cli, "it", makeJudge("it", passing));
    for (const name of readdirSync(cli.folder.file("home", "plugins")))
      rmSync(cli.folder.file("home", "plugins", name));
    const { code, output } = await cli.run(["info", "it"]);
    expect(code).toBe(0);
    expect(output).toMatch(/^problem +its file is not the one that was added; add it again$/m);
  });

  test.each([["nobody"], ["absent.wasm"]])(
    "of %s, which is nowhere, is one message and code 1",
    async (name) => {
      using cli = createPluginCli();
      const { code, output, errors } = await cli.run(["info", name]);
      expect({ code, output }).toEqual({ code: 1, output: "" });
      expect(errors).toStartWith(`hearth: ${name}: there is no `);
    },
  );
});

describe("rm", () => {
  test("removes plugins and their files; one that is missing is told, and the code is 1", async () => {
    using cli = createPluginCli();
    await add(cli, "a", makeJudge("a", passing));
    await add(cli, "b", makeJudge("b", passing));
    const { code, output, errors } = await cli.run(["rm", "a", "nobody", "b"]);
    expect({ code, output }).toEqual({ code: 1, output: "removed a\nremoved b\n" });
    expect(errors).toStartWith("hearth: nobody: there is no plugin");
    expect(await find(cli, "a")).toBeUndefined();
    expect(readdirSync(cli.folder.file("home", "plugins"))).toEqual([]);
  });
});

describe("enable and disable", () => {
  test("a plugin that is switched off is not called, and is again once it is on", async () => {
    using cli = createPluginCli();
    await add(cli, "it", makeJudge("it", passing));
    expect((await cli.run(["disable", "it"])).output).toBe("disabled it\n");
    const refused = await cli.run(["call", "it", "--input", "-"], { input: judgeInput });
    expect(JSON.parse(refused.output)).toMatchObject({ error: { code: "plugin_disabled" } });
    expect((await cli.run(["enable", "it"])).output).toBe("enabled it\n");
    expect((await cli.run(["call", "it", "--input", "-"], { input: judgeInput })).code).toBe(0);
  });

  test("enabling ends a quarantine", async () => {
    using cli = createPluginCli();
    await quarantine(cli, "slow");
    const refused = await cli.run(["call", "slow", "--input", "-"], { input: judgeInput });
    expect(JSON.parse(refused.output)).toMatchObject({ error: { code: "plugin_quarantined" } });
    await cli.run(["enable", "slow"]);
    expect(await find(cli, "slow")).toMatchObject({ state: "enabled" });
  });

  test("of nobody is one message and code 1", async () => {
    using cli = createPluginCli();
    for (const command of ["enable", "disable"]) {
      const { code, errors } = await cli.run([command, "nobody"]);
      expect({ code, errors }).toEqual({
        code: 1,
        errors: expect.stringContaining("nobody: there is no plugin"),
      });
    }
  });
});
