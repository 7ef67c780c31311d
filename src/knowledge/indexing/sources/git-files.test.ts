import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createTemporaryFolder, type TemporaryFolder } from "../../../testing/index.ts";
import { isWorkTree, listGitFiles } from "./git-files.ts";
import { isInner } from "./listing.ts";

let folder: TemporaryFolder;
const { signal } = new AbortController();
beforeEach(() => {
  folder = createTemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function write(path: string, text = "text\n"): void {
  mkdirSync(dirname(folder.file(path)), { recursive: true });
  writeFileSync(folder.file(path), text);
}

function git(...argv: readonly string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
  const { exitCode, stderr } = Bun.spawnSync(["git", "-C", folder.path, ...identity, ...argv]);
  if (exitCode !== 0) throw new Error(stderr.toString());
}

async function list(path = folder.path): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { source } of listGitFiles(path, signal)) found.push(source);
  return found.sort();
}

describe("a work tree", () => {
  test("is what git tracks and would track, without what it ignores and what is deleted", async () => {
    git("init", "-q");
    write(".gitignore", "*.log\nout/\n");
    for (const path of ["a.ts", "gone.ts", "sub/b.ts", "sub/b.log", "out/c.ts", "sub/name with\nline.md"])
      write(path);
    git("add", "a.ts", "gone.ts");
    git("commit", "-qm", "x");
    rmSync(folder.file("gone.ts"));
    expect(await isWorkTree(folder.path)).toBe(true);
    expect(await list()).toEqual([".gitignore", "a.ts", "sub/b.ts", "sub/name with\nline.md"]);
    expect(await list(folder.file("sub"))).toEqual(["b.ts", "name with\nline.md"]);
  });

  test("is not what git ignores, so that a folder that was named is walked", async () => {
    git("init", "-q");
    write(".gitignore", "out/\n");
    write("out/a.md");
    expect(await isWorkTree(folder.file("out"))).toBe(false);
  });

  test("lists a repository inside it as what it is", async () => {
    git("init", "-q");
    write("inner/a.ts");
    Bun.spawnSync(["git", "-C", folder.file("inner"), "init", "-q"]);
    const entries = await Array.fromAsync(listGitFiles(folder.path, signal));
    expect(entries).toMatchObject([{ type: "skipped", source: "inner/", reason: "not_a_file" }]);
  });
});

test("a folder without a repository is none", async () => {
  expect(await isWorkTree(folder.path)).toBe(false);
});

test("a repository's configuration starts no program", async () => {
  git("init", "-q");
  write("a.ts");
  write("evil.sh", `#!/bin/sh\ntouch ${folder.file("owned")}\n`);
  git("config", "core.fsmonitor", `sh ${folder.file("evil.sh")}`);
  expect(await list()).toContain("a.ts");
  expect(existsSync(folder.file("owned"))).toBe(false);
});

test("a link in the repository is listed, and left to the reader to refuse", async () => {
  git("init", "-q");
  symlinkSync("/etc", folder.file("etc"));
  git("add", "etc");
  expect(await list()).toEqual(["etc"]);
});

test("paths that lead out of the folder are told from those that do not", () => {
  expect(["a", "a/b", "a..b", ".a"].every(isInner)).toBe(true);
  expect(["", "/a", "../a", "a/../b", ".."].some(isInner)).toBe(false);
});
