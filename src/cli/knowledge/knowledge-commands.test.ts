import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import {
  createFakeCli,
  createFakeIo,
  createTemporaryFolder,
  type TemporaryFolder,
  waitUntil,
} from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = createTemporaryFolder();
  mkdirSync(folder.file("docs"));
  write("tea.md", "# Tea\n\nGreen tea is brewed at eighty degrees.\n");
  write("coffee.md", "# Coffee\n\nAn espresso takes ninety degrees.\n");
});
afterEach(() => folder[Symbol.dispose]());

function write(name: string, text: string): void {
  writeFileSync(folder.file("docs", name), text);
}

function start(argv: readonly string[], options: { readonly isTerminal?: boolean } = {}) {
  const { isTerminal = false } = options;
  const world = createFakeIo({ stdoutIsTTY: isTerminal, stderrIsTTY: isTerminal });
  const { deps, stops } = createFakeCli(world, {
    environment: { HEARTH_HOME: folder.file("home") },
  });
  const code = runCli(argv, deps);
  return { world, stops, code };
}

async function hearth(...argv: readonly string[]) {
  const { world, stops, code } = start(argv);
  return { code: await code, output: world.output(), errors: world.errors(), stops };
}

const indexDocs = (...flags: readonly string[]) => hearth("index", folder.file("docs"), ...flags);

describe("hearth index", () => {
  test("takes a folder in and says what it did, then only what has changed", async () => {
    const first = await indexDocs();
    expect({ code: first.code, errors: first.errors, stops: first.stops }).toEqual({
      code: 0,
      errors: "",
      stops: [true],
    });
    expect(first.output).toStartWith(
      "codebase-context: 2 added, 0 replaced, 0 removed, 0 unchanged\n2 chunks of 90 B",
    );
    write("tea.md", "# Tea\n\nBlack tea.\n");
    rmSync(folder.file("docs", "coffee.md"));
    expect((await indexDocs()).output).toStartWith(
      "codebase-context: 0 added, 1 replaced, 1 removed, 0 unchanged\n",
    );
  });

  test("tells what it passed over and why, without letting names steer the terminal", async () => {
    writeFileSync(folder.file("docs", "bad\x1b[2J.bin"), Buffer.from([0, 1]));
    const { output } = await indexDocs();
    expect(output).toContain("skipped: 1 binary\n  bad�[2J.bin: it is no text\n");
  });

  test("is one report for machines with --json", async () => {
    const { output, errors } = await indexDocs("--json", "--collection", "notes", "--exclude", "coffee.md");
    expect(errors).toBe("");
    expect(JSON.parse(output)).toMatchObject({
      ...{
        object: "index_report",
        collection: "notes",
        root: realpathSync(folder.file("docs")),
        listed_by: "walk",
      },
      ...{ seen: 1, added: 1, replaced: 0, unchanged: 0, removed: 0, chunks: 1 },
      skipped: { ignored: 1, binary: 0 },
    });
  });

  test.each([
    [["--max-file", "none"], "--max-file"],
    [["--words-only", "--embedding-model", "x"], "one of --embedding-model and --words-only"],
    [["--exclude", ""], "exclude: a pattern"],
    [["--label", "secret"], "secret"],
  ])("refuses %j as wrong usage", async (flags, place) => {
    const { code, output, errors } = await indexDocs(...flags);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toContain(place);
  });

  test("of a path that is not there fails with code 1 and names it", async () => {
    const { code, errors } = await hearth("index", folder.file("none", "here"));
    expect(code).toBe(1);
    expect(errors).toContain(`there is no file or folder ${folder.file("none", "here")}`);
  });

  test("--watch follows changes until Ctrl-C", async () => {
    const { world, code } = start(["index", folder.file("docs"), "--watch"]);
    await waitUntil("it watches", () => world.output().includes("watching "));
    await waitUntil("the new file is taken", () => {
      write("cocoa.md", `Cocoa ${Math.random()}\n`);
      return world.output().includes("1 added");
    });
    world.signal("SIGINT");
    expect(await code).toBe(0);
    const found = await hearth("search", "codebase-context", "cocoa", "--json");
    expect(JSON.parse(found.output)).toMatchObject([{ source: "cocoa.md" }]);
  });

  test("--watch of a page is refused", async () => {
    expect(await hearth("index", "https://example.org/", "--watch")).toMatchObject({ code: 2 });
  });
});

describe("hearth search", () => {
  test("prints exactly source, lines, score and text with --json", async () => {
    await indexDocs();
    const { code, output } = await hearth("search", "codebase-context", "green", "tea", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual([
      {
        ...{ source: "tea.md", startLine: 1, endLine: 3, score: expect.any(Number) },
        text: "# Tea\n\nGreen tea is brewed at eighty degrees.",
      },
    ]);
  });

  test("shows a person where each text is from, and says that words alone were used", async () => {
    await indexDocs();
    const { output } = await hearth("search", "codebase-context", "degrees", "--limit", "1");
    expect(output).toMatch(/^found; only words were compared/);
    expect(output).toMatch(/\n\n\w+\.md:1-3 {2}\d\.\d\d\n {2}# /);
    expect(output.match(/\.md:/g)).toHaveLength(1);
  });

  test("says that nothing was found, and ends with code 0", async () => {
    await indexDocs();
    const { code, output } = await hearth("search", "codebase-context", "zebra");
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/^nothing found in codebase-context/),
    });
    expect((await hearth("search", "codebase-context", "zebra", "--json")).output).toBe("[]\n");
  });

  test("of a collection that is not there names those that are", async () => {
    const { code, errors } = await hearth("search", "nowhere", "tea");
    expect(code).toBe(1);
    expect(errors).toMatch(/nowhere.*codebase-context/);
  });

  test.each([
    ["--limit", "0"],
    ["--limit", "1.5"],
    ["--min-score", "2"],
    ["--filter", "[1]"],
    ["--filter", "{"],
  ])("refuses %s %s as wrong usage", async (flag, value) => {
    const { code, errors } = await hearth("search", "codebase-context", "tea", flag, value);
    expect(code).toBe(2);
    expect(errors).toContain(flag);
  });

  test("is narrowed by what is known of documents", async () => {
    write("tea.ts", "export const tea = 1;\n");
    await indexDocs();
    const filter = JSON.stringify({ language: "typescript" });
    const { output } = await hearth("search", "codebase-context", "tea", "--filter", filter, "--json");
    expect(JSON.parse(output)).toMatchObject([{ source: "tea.ts" }]);
  });
});

describe("hearth collection", () => {
  test("makes, labels, lists, shows and removes collections", async () => {
    const made = await hearth("collection", "create", "notes", "--label", "local", "--description", "mine");
    expect(made).toMatchObject({ code: 0, output: "made notes, searched by words alone\n" });
    await indexDocs("--collection", "notes");
    const listed = JSON.parse((await hearth("collection", "ls", "--json")).output);
    expect(listed).toContainEqual(
      expect.objectContaining({
        name: "notes",
        label: "local",
        documents: 2,
        chunks: 2,
        embedding_model: null,
      }),
    );
    expect((await hearth("collection", "label", "notes", "any")).output).toContain("may leave this machine");
    const shown = await hearth("collection", "show", "notes", "--limit", "1");
    expect(shown.output).toMatch(/^notes: mine\n/);
    expect(shown.output).toContain("coffee.md");
    expect(shown.output).toContain("and 1 more");
    expect(await hearth("collection", "rm", "notes")).toMatchObject({ code: 0, output: "removed notes\n" });
    expect(await hearth("collection", "rm", "notes")).toMatchObject({ code: 1 });
    expect(await hearth("collection", "show", "notes")).toMatchObject({ code: 1 });
  });

  test("that is always there is emptied instead of removed", async () => {
    await indexDocs();
    expect((await hearth("collection", "rm", "codebase-context")).output).toBe("emptied codebase-context\n");
    expect((await hearth("search", "codebase-context", "tea", "--json")).output).toBe("[]\n");
  });

  test("gets vectors of a model that is named later, and loses them again", async () => {
    await indexDocs();
    const embedded = await hearth("collection", "reembed", "codebase-context", "hearth-demo");
    expect(embedded).toMatchObject({
      code: 0,
      output: "codebase-context is searched by words and hearth-demo\n",
    });
    const other = await indexDocs("--words-only");
    expect(other).toMatchObject({
      code: 1,
      errors: expect.stringContaining("reembed codebase-context --words-only"),
    });
    const plain = await hearth("collection", "reembed", "codebase-context", "--words-only");
    expect(plain.output).toBe("codebase-context is searched by words alone\n");
    expect(await hearth("collection", "reembed", "codebase-context")).toMatchObject({ code: 2 });
  });
});
