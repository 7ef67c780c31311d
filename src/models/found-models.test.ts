import { expect, test } from "bun:test";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { createTemporaryFolder, demoModelPath } from "../testing/index.ts";
import { createFoundModels } from "./found-models.ts";
import { createStoreDoor } from "./open-store.ts";

function find(folder: string, home: string) {
  const door = createStoreDoor(home);
  return { models: createFoundModels({ folders: [folder], door }), close: () => door.close() };
}

test("askers at the same time share one look, and what is odd is told beside", async () => {
  using folder = createTemporaryFolder();
  copyFileSync(demoModelPath, folder.file("one.gguf"));
  writeFileSync(folder.file("odd.gguf"), "no model");
  const { models, close } = find(folder.path, folder.file("home"));
  const [first, second] = await Promise.all([models.list(), models.list()]);
  expect(second).toBe(first);
  expect([...first.keys()]).toEqual(["one"]);
  expect(models.problems().map(({ path }) => path)).toEqual([folder.file("odd.gguf")]);
  await close();
});

test("what was read once is remembered in the store, as long as the file stays as it is", async () => {
  using folder = createTemporaryFolder();
  copyFileSync(demoModelPath, folder.file("one.gguf"));
  const before = find(folder.path, folder.file("home"));
  const [known] = [...(await before.models.list()).values()];
  await before.close();
  const after = find(folder.path, folder.file("home"));
  expect([...(await after.models.list()).values()]).toEqual(known ? [known] : []);
  await after.close();
  rmSync(folder.file("one.gguf"));
  const gone = find(folder.path, folder.file("home"));
  expect((await gone.models.list()).size).toBe(0);
  await gone.close();
});

test("without folders and caches nothing is looked at or written", async () => {
  using folder = createTemporaryFolder();
  const door = createStoreDoor(folder.file("home"));
  expect((await createFoundModels({ folders: [], door }).list()).size).toBe(0);
  expect(await door.read(async () => "a store")).toBeUndefined();
});

test("models are found though nothing can be remembered, which is told", async () => {
  using folder = createTemporaryFolder();
  copyFileSync(demoModelPath, folder.file("one.gguf"));
  writeFileSync(folder.file("home"), "a file in the place of the home");
  const { models, close } = find(folder.path, folder.file("home"));
  expect([...(await models.list()).keys()]).toEqual(["one"]);
  expect(models.problems().map(({ path }) => path)).toEqual(["the store"]);
  await close();
});
