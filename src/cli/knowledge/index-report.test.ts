import { expect, test } from "bun:test";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { createFakeCli, createFakeIo, createTemporaryFolder } from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";

test("files of a folder that was indexed with one around it are told to be that one's", async () => {
  using folder = createTemporaryFolder();
  mkdirSync(folder.file("notes", "tea"), { recursive: true });
  for (const name of ["green", "black"]) writeFileSync(folder.file("notes", "tea", `${name}.md`), name);
  const index = async (...argv: readonly string[]) => {
    const world = createFakeIo();
    const { deps } = createFakeCli(world, { environment: { HEARTH_HOME: folder.file("home") } });
    expect(await runCli(["index", ...argv], deps)).toBe(0);
    return world.output();
  };
  expect(await index(folder.file("notes"))).not.toContain("indexed before");
  const root = realpathSync(folder.file("notes"));
  const one = await index(folder.file("notes", "tea", "green.md"));
  expect(one).toContain(`\n1 file belongs to ${root}, which was indexed before\n`);
  const all = await index(folder.file("notes", "tea"));
  expect(all).toContain("0 added, 0 replaced, 0 removed, 2 unchanged");
  expect(all).toContain(`\n2 files belong to ${root}, which was indexed before\n`);
  expect(JSON.parse(await index(folder.file("notes", "tea"), "--json"))).toMatchObject({
    kept_by: [{ root, files: 2 }],
  });
});
