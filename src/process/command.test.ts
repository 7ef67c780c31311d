import { expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryFolder } from "../testing/index.ts";
import { findHostRole, hostCommand, isCompiled } from "./command.ts";

test("a role is found on the command line that asks for it, and on no other", () => {
  expect(findHostRole(hostCommand("engine-host"))).toBe("engine-host");
  expect(findHostRole(["hearth", "serve"])).toBeUndefined();
  expect(findHostRole(["hearth", "--role=other"])).toBeUndefined();
});

test("from source the command runs main.ts through the same runtime", () => {
  expect(isCompiled()).toBe(false);
  expect(hostCommand("engine-host")[0]).toBe(process.execPath);
  expect(hostCommand("engine-host")).toContain(join(import.meta.dir, "..", "main.ts"));
});

test("compiled, the command is the executable and the role alone", async () => {
  using folder = createTemporaryFolder();
  const entry = folder.file("entry.ts");
  await Bun.write(
    entry,
    `import { hostCommand } from ${JSON.stringify(join(import.meta.dir, "command.ts"))};
     console.log(JSON.stringify(hostCommand("engine-host")));`,
  );
  const build = Bun.spawnSync([
    process.execPath,
    "build",
    "--compile",
    entry,
    "--outfile",
    folder.file("program"),
  ]);
  expect(build.stderr.toString()).not.toContain("error:");
  const run = Bun.spawnSync([folder.file("program")], { env: {} });
  expect(JSON.parse(run.stdout.toString())).toEqual([folder.file("program"), "--role=engine-host"]);
});
