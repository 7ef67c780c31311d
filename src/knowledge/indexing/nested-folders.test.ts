import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../base/index.ts";
import { openHomeDatabase } from "../../store/index.ts";
import { createKnowledge } from "../knowledge.ts";
import { createFileMemory } from "./file-memory.ts";
import type { IndexProgress } from "./index-types.ts";
import { type NestedFolders, nestedCollection, openNestedFolders } from "./nested-folders.fixture.ts";

let folders: NestedFolders;
beforeEach(async () => {
  folders = await openNestedFolders();
});
afterEach(() => folders[Symbol.asyncDispose]());

const embeddedTexts = () => folders.engine.embedded.reduce((sum, { inputs }) => sum + inputs.length, 0);

describe("a folder inside one that was indexed", () => {
  test("changes what the outer one holds and adds what that one leaves out", async () => {
    folders.write(".gitignore", "src/made.md\n");
    for (const path of ["a.md", "src/b.md", "src/c.md", "src/made.md"]) folders.write(path);
    await folders.index("");
    folders.write("src/b.md", "changed\n");
    const report = await folders.index("src");
    expect(report).toMatchObject({ added: 1, replaced: 1, unchanged: 1, removed: 0, seen: 3 });
    expect(report.keptBy).toEqual([{ root: folders.tree, files: 2 }]);
    expect(await folders.list()).toEqual([
      ...[".: .gitignore", ".: a.md", ".: src/b.md", ".: src/c.md", "src: made.md"],
    ]);
    expect(await folders.index("")).toMatchObject({ added: 0, replaced: 0, unchanged: 4, removed: 0 });
  });

  test("removes what is gone of the outer one's, and leaves what only its own rules ignore", async () => {
    for (const path of ["a.md", "src/b.md", "src/gone.md", "src/deep/gone.md"]) folders.write(path);
    await folders.index("");
    folders.write("src/.gitignore", "b.md\n");
    for (const path of ["a.md", "src/gone.md", "src/deep"]) folders.remove(path);
    expect(await folders.index("src")).toMatchObject({ added: 1, removed: 2 });
    expect(await folders.list()).toEqual([".: a.md", ".: src/b.md", "src: .gitignore"]);
  });

  test("takes away what is no text any more, and leaves what only this run finds too large", async () => {
    for (const path of ["src/b.md", "src/c.md"]) folders.write(path);
    await folders.index("");
    folders.write("src/b.md", "\0\0");
    expect(await folders.index("src", { maxFileBytes: 4 })).toMatchObject({
      ...{ removed: 1, skipped: { binary: 1, too_large: 1 } },
    });
    expect(await folders.list()).toEqual([".: src/c.md"]);
  });

  test("with patterns touches what they let through and nothing else", async () => {
    for (const path of ["src/a.md", "src/b.ts", "src/gone.md", "src/gone.ts"]) folders.write(path);
    await folders.index("");
    for (const path of ["src/gone.md", "src/gone.ts"]) folders.remove(path);
    expect(await folders.index("src", { include: ["*.ts"] })).toMatchObject({ unchanged: 1, removed: 1 });
    expect(await folders.list()).toEqual([".: src/a.md", ".: src/b.ts", ".: src/gone.md"]);
    expect(await folders.index("src", { exclude: ["*.ts"] })).toMatchObject({ unchanged: 1, removed: 1 });
    expect(await folders.list()).toEqual([".: src/a.md", ".: src/b.ts"]);
  });
});

describe("a folder around one that was indexed", () => {
  test("takes over its files without embedding them again, with what is known of them", async () => {
    for (const path of ["src/a.md", "src/b.md"]) folders.write(path);
    await folders.index("src");
    const { documents, search } = folders.knowledge;
    const [first] = await documents.list(nestedCollection, { limit: 1 });
    const id = first?.id ?? "";
    await documents.setAttributes(nestedCollection, id, { owner: "Ann" });
    const before = embeddedTexts();
    const report = await folders.index("");
    expect(report).toMatchObject({ added: 0, replaced: 0, unchanged: 2, removed: 0, chunks: 0, bytes: 0 });
    expect(embeddedTexts()).toBe(before);
    expect(await folders.list()).toEqual([".: src/a.md", ".: src/b.md"]);
    expect(await documents.find(nestedCollection, { id })).toMatchObject({
      ...{ source: "src/a.md", attributes: { owner: "Ann", file_path: "src/a.md" } },
    });
    const query = { collections: [nestedCollection], text: "text of src/a.md", maxResults: 5, tenant: "t" };
    const { hits } = await search(query, new AbortController().signal);
    expect(hits.map(({ source }) => source).sort()).toEqual(["src/a.md", "src/b.md"]);
  });

  test("leaves it what was indexed although it is ignored, until the file is gone", async () => {
    folders.write(".gitignore", "out/\n");
    for (const path of ["a.md", "out/b.md", "out/c.md"]) folders.write(path);
    await folders.index("out/b.md");
    await folders.index("out/c.md");
    expect(await folders.index("")).toMatchObject({ added: 2, removed: 0 });
    expect(await folders.list()).toEqual([".: .gitignore", ".: a.md", "out: b.md", "out: c.md"]);
    folders.remove("out/b.md");
    expect(await folders.index("")).toMatchObject({ added: 0, removed: 1 });
    expect(await folders.list()).toEqual([".: .gitignore", ".: a.md", "out: c.md"]);
  });

  test("takes changed files over as replaced, from several folders at once", async () => {
    for (const path of ["a/x.md", "a/b/y.md", "a/b/c/z.md", "ab/x.md"]) folders.write(path);
    for (const path of ["a/b/c", "a/b", "ab"]) await folders.index(path);
    folders.write("a/b/c/z.md", "changed\n");
    expect(await folders.index("a")).toMatchObject({ added: 1, replaced: 1, unchanged: 1, removed: 0 });
    expect(await folders.list()).toEqual(["a: b/c/z.md", "a: b/y.md", "a: x.md", "ab: x.md"]);
    expect((await folders.index("a/b/c")).keptBy).toEqual([{ root: join(folders.tree, "a"), files: 1 }]);
  });
});

describe("one file of a folder that was indexed", () => {
  test("is that folder's, whether it changes or goes", async () => {
    for (const path of ["src/a.md", "src/b.md"]) folders.write(path);
    await folders.index("");
    folders.write("src/a.md", "changed\n");
    expect(await folders.index("src/a.md")).toMatchObject({ replaced: 1, listedBy: "name" });
    expect(await folders.index("src/b.md")).toMatchObject({
      ...{ unchanged: 1, keptBy: [{ root: folders.tree, files: 1 }] },
    });
    folders.remove("src/a.md");
    expect(await folders.index("src/a.md")).toMatchObject({ removed: 1 });
    expect(await folders.list()).toEqual([".: src/b.md"]);
    await expect(folders.index("src/a.md")).rejects.toMatchObject({ code: "not_found" });
  });

  test("by a link is the file where it really is", async () => {
    folders.write("src/a.md");
    await folders.index("");
    symlinkSync(join(folders.tree, "src"), join(folders.tree, "link"));
    expect(await folders.index("link")).toMatchObject({ unchanged: 1, root: join(folders.tree, "src") });
    expect(await folders.index("link/a.md")).toMatchObject({ unchanged: 1 });
    expect(await folders.list()).toEqual([".: src/a.md"]);
  });
});

test("two folders that are followed by turns leave each other's files alone", async () => {
  folders.write(".gitignore", "src/made.md\n");
  for (const path of ["a.md", "src/b.md", "src/made.md"]) folders.write(path);
  const memories = { "": createFileMemory(Date.now), src: createFileMemory(Date.now) };
  const both = async () => {
    const [inner, outer] = [
      await folders.index("src", { memory: memories.src }),
      await folders.index("", { memory: memories[""] }),
    ];
    return [inner, outer].reduce((sum, each) => sum + each.added + each.replaced + each.removed, 0);
  };
  await both();
  const { revision } = await folders.collection();
  for (let turn = 0; turn < 3; turn++) expect(await both()).toBe(0);
  expect((await folders.collection()).revision).toBe(revision);
  folders.write("src/new.md");
  expect(await both()).toBe(1);
  expect(await both()).toBe(0);
  expect(await folders.list()).toEqual([
    ...[".: .gitignore", ".: a.md", ".: src/b.md", ".: src/new.md", "src: made.md"],
  ]);
});

test("a run that is stopped between two batches leaves every file once, and either folder goes on", async () => {
  const files = Array.from({ length: 150 }, (_, index) => `src/file${String(index).padStart(3, "0")}.md`);
  for (const path of files) folders.write(path);
  await folders.index("src");
  const stopAt = async (path: string, files: number) => {
    const stopping = new AbortController();
    const onProgress = (progress: IndexProgress) => {
      if (progress.files === files) stopping.abort(new AppError("cancelled", "stopped"));
    };
    const stopped = folders.index(path, { signal: stopping.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  };
  await stopAt("", 100);
  const roots = (await folders.list()).map((line) => line.slice(0, line.indexOf(":")));
  expect(new Set(roots)).toEqual(new Set([".", "src"]));
  expect(roots).toHaveLength(150);
  for (const path of files.slice(0, 20)) folders.write(path, "changed\n");
  await stopAt("src", 120);
  expect(await folders.list()).toHaveLength(150);
  expect(await folders.index("src")).toMatchObject({ added: 0, removed: 0 });
  expect(await folders.index("")).toMatchObject({ added: 0, replaced: 0, unchanged: 150, removed: 0 });
  expect(await folders.list()).toEqual(files.map((path) => `.: ${path}`));
});

test("two processes that index two folders lose no file and hold none twice", async () => {
  const files = Array.from({ length: 100 }, (_, index) => `src/file${String(index).padStart(3, "0")}.md`);
  for (const path of files) folders.write(path);
  await folders.index("src");
  for (const path of files.slice(50)) folders.write(path, `changed ${path}\n`);
  await using stack = new AsyncDisposableStack();
  const { home } = folders;
  const second = await openHomeDatabase(home);
  stack.defer(() => second.close());
  await second.loadVectors(home);
  const other = createKnowledge({
    ...{ home, engine: folders.engine, database: async () => second, now: () => 5 },
    logger: { warn() {} },
  });
  await Promise.all([
    folders.index("src"),
    other.index(
      { source: folders.tree, collection: nestedCollection },
      { signal: new AbortController().signal },
    ),
  ]);
  expect(await folders.list()).toEqual(files.map((path) => `.: ${path}`));
});
