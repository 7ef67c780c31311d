import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { binaryPath, programCommand, startServe } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { waitUntil } from "../wait-until.ts";

setDefaultTimeout(120_000);

/** Where a program that was only copied runs: nothing beside it, nothing in its environment but a path to git. */
const folder = createTemporaryFolder();
const binary = binaryPath();
const program = binary === undefined ? programCommand() : [folder.file("hearth")];
if (binary !== undefined) copyFileSync(binary, folder.file("hearth"));
afterAll(() => folder[Symbol.dispose]());

const path = "/usr/local/bin:/usr/bin:/bin";

function spawn(argv: readonly string[], home = folder.file("home")) {
  return Bun.spawn([...program, ...argv], {
    cwd: folder.path,
    env: { HEARTH_HOME: home, HEARTH_DISCOVER: "off", PATH: path },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function hearthAt(home: string | undefined, ...argv: readonly string[]) {
  const child = spawn(argv, home);
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { output, errors, code: await child.exited };
}

const hearth = (...argv: readonly string[]) => hearthAt(undefined, ...argv);

async function json(...argv: readonly string[]) {
  const { output, errors, code } = await hearth(...argv, "--json");
  if (code !== 0) throw new Error(errors);
  return JSON.parse(output);
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(folder.file(file)), { recursive: true });
  writeFileSync(folder.file(file), content);
}

function git(...argv: readonly string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
  const { exitCode, stderr } = Bun.spawnSync(["git", "-C", folder.file("repo"), ...identity, ...argv]);
  if (exitCode !== 0) throw new Error(stderr.toString());
}

describe("a repository", () => {
  beforeAll(() => {
    write("repo/.gitignore", "build/\n");
    write("repo/build/output.ts", "export const ignoredOutput = 1;\n");
    write(
      "repo/README.md",
      "# Kettle\n\nBoils water.\n\n## Safety\n\nIt turns off at one hundred degrees.\n",
    );
    write(
      "repo/src/heater.ts",
      `/** Warms the water. */\nexport function heatWater(): number {\n  return 100;\n}\n`,
    );
    write("repo/src/sensor.py", "def read_temperature(pin):\n    return pin.value\n");
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "kettle");
    write("repo/notes.html", "<title>Notes</title><h1>Limescale</h1><p>Remove it with vinegar.</p>");
  });

  test("is indexed as git sees it, and cited with file and line", async () => {
    const report = await json("index", "repo");
    expect(report).toMatchObject({ listed_by: "git", added: 5, removed: 0, skipped: { binary: 0 } });
    const [hit] = await json("search", "codebase-context", "read temperature");
    expect(hit).toMatchObject({ source: "src/sensor.py", startLine: 1, endLine: 2 });
    expect(await json("search", "codebase-context", "ignoredOutput")).toEqual([]);
    const [page] = await json("search", "codebase-context", "vinegar");
    expect(page).toMatchObject({ source: "notes.html", text: "Limescale\n\nRemove it with vinegar." });
  });

  test("is followed: a changed file is replaced, a deleted one is gone", async () => {
    write("repo/src/heater.ts", "export function heatMilk(): number {\n  return 65;\n}\n");
    rmSync(folder.file("repo/src/sensor.py"));
    const report = await json("index", "repo");
    expect(report).toMatchObject({ added: 0, replaced: 1, removed: 1, unchanged: 3 });
    expect(JSON.stringify(await json("search", "codebase-context", "heatWater"))).not.toContain("heatWater");
    expect(await json("search", "codebase-context", "temperature")).toEqual([]);
    const [hit] = await json("search", "codebase-context", "heatMilk");
    expect(hit).toMatchObject({ source: "src/heater.ts", startLine: 1, endLine: 3 });
  });

  test("is indexed while a server runs on the same home", async () => {
    const home = folder.file("shared");
    await using server = await startServe(["--model", "hearth-demo", "--home", home]);
    const { code } = await hearthAt(home, "index", "repo");
    expect(code).toBe(0);
    expect((await fetch(`${server.url}/health`)).ok).toBe(true);
    const found = await hearthAt(home, "search", "codebase-context", "vinegar", "--json");
    expect(JSON.parse(found.output)).toHaveLength(1);
  });
});

test("a PDF file is read in a process of its own and cited by page", async () => {
  const { writePdf } = await import("../../knowledge/indexing/readers/pdf.fixture.ts");
  write("papers/kettle.pdf", writePdf([["Unpack the kettle"], ["Descale the kettle monthly"]]));
  write("papers/broken.pdf", "%PDF-1.4\nnothing follows");
  const report = await json("index", "papers", "--collection", "papers");
  expect(report).toMatchObject({ added: 1, skipped: { unreadable: 1 } });
  const [hit] = await json("search", "papers", "descale");
  expect(hit).toMatchObject({ source: "kettle.pdf", endLine: 2 });
});

test("a run that was killed goes on where it was, and stores nothing twice", async () => {
  const files = 3_000;
  const words = Array.from({ length: 60 }, (_, index) => `word${index} of a text that is long enough.`).join(
    "\n",
  );
  for (let file = 0; file < files; file++)
    write(`many/part${file % 20}/file${file}.md`, `# File ${file}\n\n${words}\n`);
  const home = folder.file("killed");
  const child = spawn(["index", "many", "--collection", "many"], home);
  const database = `${home}/models/hearth.db`;
  const count = () => {
    try {
      using opened = new Database(database, { readonly: true });
      const row = opened.query<{ count: number }, []>("select count(*) as count from document").get();
      return row?.count ?? 0;
    } catch {
      // It is not there yet, or its tables are not.
      return 0;
    }
  };
  await waitUntil("some documents are stored", () => count() > 100 || child.exitCode !== null);
  child.kill("SIGKILL");
  await child.exited;
  const stored = count();
  expect(stored).toBeGreaterThan(100);
  expect(stored).toBeLessThan(files);
  const { output, code } = await hearthAt(home, "index", "many", "--collection", "many", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    added: files - stored,
    unchanged: stored,
    replaced: 0,
    removed: 0,
  });
  expect(count()).toBe(files);
  const again = await hearthAt(home, "index", "many", "--collection", "many", "--json");
  expect(JSON.parse(again.output)).toMatchObject({ added: 0, unchanged: files });
});

/** Only root may make a disk that is small enough to fill. */
const canMount = process.getuid?.() === 0 && process.platform === "linux" && Bun.which("mount") !== null;

test.skipIf(!canMount)(
  "a full disk is told of, what was stored stays, and room lets it go on (needs root to mount)",
  async () => {
    const home = folder.file("full");
    mkdirSync(home, { recursive: true });
    const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=600m,mode=700", "tmpfs", home]);
    if (mounted.exitCode !== 0) return;
    try {
      for (let file = 0; file < 400; file++)
        write(`large/file${file}.txt`, `${`line ${file} of text `.repeat(6)}\n`.repeat(700));
      // What the program unpacks at its first start is there before the disk is made to end soon.
      await hearthAt(home, "collection", "create", "large");
      const { blocks, bfree, bsize } = statfsSync(home);
      const bytes = (blocks - bfree) * bsize + 8 * 2 ** 20;
      Bun.spawnSync(["mount", "-o", `remount,size=${bytes}`, home]);
      const full = await hearthAt(home, "index", "large", "--collection", "large");
      expect(full.code).toBe(1);
      expect(full.errors).toMatch(/disk|space/);
      const found = await hearthAt(home, "search", "large", "line", "--json");
      expect(found.code).toBe(0);
      Bun.spawnSync(["mount", "-o", "remount,size=600m", home]);
      const { output, errors } = await hearthAt(home, "index", "large", "--collection", "large", "--json");
      expect(errors).toBe("");
      expect(JSON.parse(output)).toMatchObject({ replaced: 0, removed: 0 });
      expect(JSON.parse(output).added + JSON.parse(output).unchanged).toBe(400);
    } finally {
      Bun.spawnSync(["umount", "-l", home]);
    }
  },
);
