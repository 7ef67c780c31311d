import { expect, test } from "bun:test";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createTemporaryFolder, type TemporaryFolder } from "../../testing/index.ts";
import { findFreshBuild } from "./fresh-build.ts";

const files = ["plugin.json", "assembly/index.ts", "assembly/parts/more.ts"];
const hourMs = 3_600_000;

/** Sources of an hour ago, and a plugin that was built of them now. */
function createBuilt(): TemporaryFolder {
  const folder = createTemporaryFolder();
  for (const name of ["assembly/parts", "build"]) mkdirSync(folder.file(name), { recursive: true });
  for (const name of files) writeFileSync(folder.file(name), "");
  writeFileSync(folder.file("plugin.json"), '{"kind":"judge","name":"it","version":"1.0.0"}');
  writeFileSync(folder.file("build/it.wasm"), "");
  for (const name of [...files, "assembly/parts", "assembly"]) age(folder, name);
  return folder;
}

function age(folder: TemporaryFolder, name: string): void {
  const then = new Date(Date.now() - hourMs);
  utimesSync(folder.file(name), then, then);
}

test("what was built after its sources is used", () => {
  using folder = createBuilt();
  expect(findFreshBuild(folder.path)).toBe(folder.file("build/it.wasm"));
});

test.each(files)("what was built before %s changed is not", (name) => {
  using folder = createBuilt();
  const later = new Date(Date.now() + hourMs);
  utimesSync(folder.file(name), later, later);
  expect(findFreshBuild(folder.path)).toBeUndefined();
});

test("what was built before a source was removed is not", () => {
  using folder = createBuilt();
  age(folder, "build/it.wasm");
  rmSync(folder.file("assembly/parts/more.ts"));
  expect(findFreshBuild(folder.path)).toBeUndefined();
});

test("what was built under another name, by an older program, or never, is not", () => {
  using folder = createBuilt();
  writeFileSync(folder.file("plugin.json"), '{"kind":"judge","name":"other","version":"1.0.0"}');
  age(folder, "plugin.json");
  expect(findFreshBuild(folder.path)).toBeUndefined();
  using old = createBuilt();
  utimesSync(old.file("build/it.wasm"), new Date(1000), new Date(1000));
  for (const name of [...files, "assembly/parts", "assembly"])
    utimesSync(old.file(name), new Date(0), new Date(0));
  expect(findFreshBuild(old.path)).toBeUndefined();
  using empty = createTemporaryFolder();
  expect(findFreshBuild(empty.path)).toBeUndefined();
});
