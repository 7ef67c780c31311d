import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { binaryPath } from "./serve-process.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";

setDefaultTimeout(120_000);

const binary = binaryPath();
if (binary === undefined) {
  process.stderr.write(
    "skipped: HEARTH_BINARY does not name an executable; bun run build makes dist/hearth\n",
  );
}
/** A network that holds nothing but its loopback. */
const isolation = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] as const;
const question = "Reply with exactly: pong-42";

const folder = createTemporaryFolder();
const alone = folder.file("alone");
const program = join(alone, "hearth");
const home = folder.file("home");
mkdirSync(alone);
if (binary !== undefined) cpSync(binary, program);

afterAll(() => folder[Symbol.dispose]());

function canIsolate(): boolean {
  try {
    if (Bun.spawnSync([...isolation, "true"]).success) return true;
  } catch {
    // The program is not there.
  }
  process.stderr.write(
    "no network namespace can be made here (unshare -rn, ip), so the network stays reachable\n",
  );
  return false;
}

type Result = { readonly output: string; readonly errors: string; readonly code: number };

/** Runs the executable from its folder with an empty environment. */
async function run(argv: readonly string[], stdin = ""): Promise<Result> {
  const child = Bun.spawn([program, ...argv], {
    cwd: alone,
    env: {},
    stdin: Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { output, errors, code: await child.exited };
}

const ask = (homeFolder: string) =>
  run(["run", "hearth-demo", "--temperature", "0", "--home", homeFolder], question);
const answered: Result = { output: "pong-42\n", errors: "", code: 0 };

/** Every file that was unpacked, with what changes when it is written again. */
function unpackedFiles(homeFolder: string): Record<string, string> {
  const cache = join(homeFolder, "cache");
  const files = readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(cache, name)).isFile(),
  );
  return Object.fromEntries(
    files.toSorted().map((name) => {
      const { ino, mtimeMs, size } = statSync(join(cache, name));
      return [name, `${ino} ${mtimeMs} ${size}`];
    }),
  );
}

function findUnpacked(homeFolder: string, part: string): string {
  const name = Object.keys(unpackedFiles(homeFolder)).find((file) => file.includes(part));
  if (name === undefined) throw new Error(`nothing like ${part} was unpacked`);
  return join(homeFolder, "cache", name);
}

describe.if(binary !== undefined)("the executable, alone in an empty folder", () => {
  test("serves a chat with an empty environment and without a network", async () => {
    const isIsolated = canIsolate();
    const client = [
      process.execPath,
      "--no-env-file",
      join(import.meta.dir, "offline-chat.ts"),
      program,
      home,
    ];
    const child = Bun.spawn([...(isIsolated ? isolation : []), ...client], {
      cwd: alone,
      stdout: "pipe",
      stderr: "inherit",
    });
    const result = JSON.parse(await child.stdout.text());
    if (isIsolated) expect(result.hasNetwork).toBe(false);
    expect(JSON.parse(result.answer)).toMatchObject({
      model: "hearth-demo",
      choices: [{ message: { content: "pong-42" } }],
    });
    expect(result.stream).toEndWith("data: [DONE]\n\n");
    expect(result.code).toBe(0);
    expect(readdirSync(alone)).toEqual(["hearth"]);
  });

  test("says its version and answers a piped prompt", async () => {
    expect(await run(["--version"])).toMatchObject({
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      code: 0,
    });
    expect(await ask(home)).toEqual(answered);
  });

  test("finds a home without any environment", async () => {
    const defaultHome = join(tmpdir(), `hearth-${userInfo().uid}`);
    const wasThere = existsSync(defaultHome);
    try {
      expect(await run(["run", "hearth-demo", "--temperature", "0"], question)).toEqual(answered);
      expect(existsSync(join(defaultHome, "cache"))).toBe(true);
    } finally {
      if (!wasThere) rmSync(defaultHome, { recursive: true, force: true });
    }
  });

  test("unpacks what it carries once, for its user alone", async () => {
    const first = folder.file("once");
    expect(await ask(first)).toEqual(answered);
    const before = unpackedFiles(first);
    expect(Object.keys(before).length).toBeGreaterThan(5);
    expect(await ask(first)).toEqual(answered);
    expect(unpackedFiles(first)).toEqual(before);
    for (const path of [first, join(first, "cache"), findUnpacked(first, ".gguf")])
      expect(statSync(path).mode & 0o077).toBe(0);
  });

  test("two that unpack at the same time do not disturb each other", async () => {
    const shared = folder.file("shared");
    expect(await Promise.all([ask(shared), ask(shared), ask(shared)])).toEqual([
      answered,
      answered,
      answered,
    ]);
    expect(Object.keys(unpackedFiles(shared)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe.if(binary !== undefined)("an unpacked file that was harmed", () => {
  test.each(["libllama.", ".gguf", "stamp.json"])("%s, cut off, is unpacked again", async (part) => {
    const harmed = folder.file(`cut-${part}`);
    await ask(harmed);
    const path = findUnpacked(harmed, part);
    writeFileSync(path, readFileSync(path).subarray(0, 50));
    expect(await ask(harmed)).toEqual(answered);
  });

  test.each(["libllama.", ".gguf"])(
    "%s, overwritten in its length, is mended or refused with a reason",
    async (part) => {
      const harmed = folder.file(`overwritten-${part}`);
      await ask(harmed);
      const path = findUnpacked(harmed, part);
      writeFileSync(path, Buffer.alloc(statSync(path).size));
      const result = await ask(harmed);
      if (result.code === 0) expect(result).toEqual(answered);
      else {
        expect(result).toMatchObject({ code: 1, output: "" });
        expect(result.errors).toMatch(new RegExp(`^hearth: .*${harmed}`, "m"));
      }
    },
  );

  test("missing, is unpacked again", async () => {
    const harmed = folder.file("missing");
    await ask(harmed);
    rmSync(findUnpacked(harmed, "libllama."));
    expect(await ask(harmed)).toEqual(answered);
  });
});

describe.if(binary !== undefined)("a home that cannot be used is one clear message", () => {
  test.each<[string, () => string]>([
    ["below a file", () => join(program, "home")],
    ["where nothing can be made", () => "/proc/hearth"],
    [
      "that others can write",
      () => {
        const open = folder.file("open");
        mkdirSync(open);
        Bun.spawnSync(["chmod", "777", open]);
        return open;
      },
    ],
  ])("%s", async (_, makeHome) => {
    const { output, errors, code } = await ask(makeHome());
    expect({ output, code }).toEqual({ output: "", code: 1 });
    expect(errors).toMatch(/^hearth: .*HEARTH_HOME.*\n$/);
  });
});
