import { afterAll, describe, expect, test } from "bun:test";
import { createFakeCli, createFakeIo, createTemporaryFolder } from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";

const folder = createTemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

async function run(...argv: readonly string[]) {
  const world = createFakeIo({});
  const cli = createFakeCli(world, { environment: { HEARTH_HOME: folder.file("home") } });
  const code = await runCli(["cache", ...argv], cli.deps);
  return { code, output: world.output(), errors: world.errors() };
}

describe("hearth cache", () => {
  test("says that nothing is stored yet", async () => {
    const { code, output } = await run("stats");
    expect(code).toBe(0);
    expect(output).toContain("0 stored answers take 0 B of 256 MiB");
    const { output: json } = await run("stats", "--json");
    expect(JSON.parse(json)).toMatchObject({ entries: 0, bytes: 0, spaces: [] });
  });

  test("removes only what is named", async () => {
    const nothing = await run("purge");
    expect(nothing.code).toBe(2);
    expect(nothing.errors).toContain("one of --tag, --model, --entry or --all");
    expect((await run("purge", "--tag", "a", "--all")).code).toBe(2);
    const all = await run("purge", "--all");
    expect({ code: all.code, output: all.output }).toEqual({
      code: 0,
      output: "0 stored answers were removed\n",
    });
  });

  test("keeps no similarity where no model compares questions", async () => {
    const { code, errors } = await run("evaluate", "--keep");
    expect(code).toBe(2);
    expect(errors).toContain("there is no similarity to keep without an embedding model");
  });

  test("evaluates shared words by the guard that is inside, on its own pairs and on others", async () => {
    const { code, output } = await run("evaluate");
    expect(code).toBe(0);
    expect(output).toMatch(/^words: 200 pairs that mean the same, 200 that look alike and do not\n/);
    expect(output).toMatch(/\n +0\.95 +\d+ +\d+ +\d+ +\d+ +\d+\.\d % to \d+\.\d %\n/);
    expect(output).toMatch(
      /the guard lets \d+ of 200 and [01] of 200 pass; of pairs of other subjects \d+ of 60 and/,
    );
  });
});
