import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createTemporaryFolder, type TemporaryFolder } from "../../../testing/index.ts";
import { walkFolder } from "./walk-folder.ts";

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

const walk = () => Array.fromAsync(walkFolder(folder.path, signal));
const listFiles = async () => (await walk()).flatMap(({ type, source }) => (type === "file" ? [source] : []));

describe("a folder", () => {
  test("is all of its files, folder after folder, without what tools keep for themselves", async () => {
    for (const path of [
      "b.md",
      "a/c.md",
      "a/b/d.md",
      ".git/config",
      "node_modules/x/index.js",
      ".env.example",
    ])
      write(path);
    expect(await listFiles()).toEqual([".env.example", "b.md", "a/c.md", "a/b/d.md"]);
  });

  test("is read by the rules of its .gitignore files, the innermost of which wins", async () => {
    write(".gitignore", "*.log\n/build\n");
    write("sub/.gitignore", "!keep.log\n*.tmp\n");
    for (const path of [
      "a.log",
      "build/x.md",
      "sub/build/y.md",
      "sub/keep.log",
      "sub/b.log",
      "sub/c.tmp",
      "d.tmp",
    ])
      write(path);
    expect(await listFiles()).toEqual([
      ".gitignore",
      "d.tmp",
      "sub/.gitignore",
      "sub/keep.log",
      "sub/build/y.md",
    ]);
  });

  test("follows no link, so that a loop ends and nothing outside is read", async () => {
    write("a.md");
    symlinkSync(folder.path, folder.file("loop"));
    symlinkSync("/etc/passwd", folder.file("secret"));
    expect(await walk()).toMatchObject([
      { type: "file", source: "a.md" },
      { type: "skipped", source: "loop", reason: "link" },
      { type: "skipped", source: "secret", reason: "link" },
    ]);
  });

  test.skipIf(process.getuid?.() === 0)(
    "tells which folders could not be looked into (root may look into all)",
    async () => {
      write("closed/a.md");
      chmodSync(folder.file("closed"), 0o000);
      expect(await walk()).toMatchObject([{ type: "skipped", source: "closed/", reason: "unreadable" }]);
      chmodSync(folder.file("closed"), 0o700);
    },
  );

  test("is left at once when the work is stopped", async () => {
    write("a/b.md");
    const stopping = new AbortController();
    const walked = walkFolder(folder.path, stopping.signal);
    stopping.abort(new Error("enough"));
    await expect(walked.next()).rejects.toThrow("enough");
  });
});

test("rules that would keep a regular expression busy are passed over", async () => {
  write(".gitignore", `${"*a".repeat(30)}*b\n*.log\n`);
  write(`${"a".repeat(200)}.md`);
  write("b.log");
  expect(await listFiles()).toEqual([".gitignore", `${"a".repeat(200)}.md`]);
});
