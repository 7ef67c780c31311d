/** The project's own plugins, which come with the executable. From source they are there once they are built. */
import { describe, expect, test } from "bun:test";
import { listBuiltPlugins } from "../../../native/plugin-sdk.ts";
import { createPluginCli } from "./plugin-cli-fixture.ts";

const isBuilt = ["github", "length-and-keywords"].every((name) =>
  listBuiltPlugins().some((plugin) => plugin.name === name),
);
if (!isBuilt) console.warn("tests of embedded plugins are skipped: `bun run setup` builds the plugins");

describe.skipIf(!isBuilt)("a plugin that the executable carries", () => {
  test("that asks for nothing is there to be called", async () => {
    using cli = createPluginCli();
    const called = await cli.run(["call", "length-and-keywords", "--input", "-"], {
      input: '{"response":"Water boils at 100 degrees."}',
    });
    expect(called.code).toBe(0);
    expect(JSON.parse(called.output)).toMatchObject({ verdict: "pass" });
  });

  test("that asks for something is called once it was added by its name", async () => {
    using cli = createPluginCli();
    expect((await cli.run(["ls"])).output).toMatch(/^github +connector +\S+ +not added +embedded +-$/m);
    const refused = await cli.run(["call", "github"]);
    expect(JSON.parse(refused.output)).toMatchObject({
      error: { code: "plugin_disabled", message: expect.stringContaining("hearth plugin add github") },
    });
    const added = await cli.run(["add", "github", "--yes", "--config", "token=env:GITHUB_TOKEN"]);
    expect(added.output).toContain("part of the executable");
    expect(added.output).toMatch(/\nadded github \S+, granted: http, config\n$/);
    expect((await cli.run(["ls"])).output).toMatch(
      /^github +connector +\S+ +enabled +embedded +http, config$/m,
    );
    const info = JSON.parse((await cli.run(["info", "github", "--json"])).output);
    expect(info).toMatchObject({ config: { token: { environment: "GITHUB_TOKEN" } }, state: "enabled" });
  });

  test("that was never added is not switched on without its permissions", async () => {
    using cli = createPluginCli();
    const enabled = await cli.run(["enable", "github"]);
    expect(enabled).toMatchObject({
      code: 1,
      errors: "hearth: github was not added; hearth plugin add github shows what it asks for\n",
    });
    expect((await cli.run(["disable", "github"])).code).toBe(0);
    const added = await cli.run(["add", "github", "--yes"]);
    expect(added.output).toMatch(/\nadded github \S+, granted: http, config\n$/);
  });

  test("is switched off and not removed, and no file takes its name", async () => {
    using cli = createPluginCli();
    const removed = await cli.run(["rm", "github"]);
    expect(removed).toMatchObject({
      code: 1,
      errors: expect.stringContaining("hearth plugin disable github"),
    });
    expect((await cli.run(["disable", "length-and-keywords"])).code).toBe(0);
    expect((await cli.run(["call", "length-and-keywords"])).output).toContain("plugin_disabled");
  });
});
