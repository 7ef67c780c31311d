import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mainExports } from "../contracts/kinds.ts";
import { pluginKinds } from "../contracts/manifest.ts";
import { manifestSection, readCustomSection } from "../wasm/custom-sections.ts";
import { type CompiledPlugin, compilePlugin } from "./compile-plugin.ts";
import { createPluginFolder } from "./create-folder.ts";
import { createGuest } from "./guest-fixture.ts";

type Case = {
  readonly name: string;
  readonly input: unknown;
  readonly expect?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly http?: NonNullable<Parameters<typeof createGuest>[1]>["http"];
};

const parent = mkdtempSync(join(tmpdir(), "hearth-new-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe.each(pluginKinds)("a new %s", (kind) => {
  const folder = join(parent, kind);
  let files: readonly string[];
  let compiled: CompiledPlugin;
  let bytes: Uint8Array<ArrayBuffer>;

  beforeAll(async () => {
    files = await createPluginFolder({ kind, name: `new-${kind}`, folder });
    compiled = await compilePlugin({ folder, home: parent });
    bytes = await Bun.file(compiled.path).bytes();
  });

  test("is made of the files that it names, and an SDK for editors that git does not see", () => {
    expect(files).toContain("assembly/index.ts");
    for (const path of files) expect(existsSync(join(folder, path))).toBe(true);
    expect(existsSync(join(folder, ".hearth", "sdk", "index.ts"))).toBe(true);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toContain(".hearth/");
  });

  test("compiles without a warning to a small file with its manifest", () => {
    expect(compiled.warnings).toEqual([]);
    expect(compiled.path).toBe(join(folder, "build", `new-${kind}.wasm`));
    expect(compiled.bytes).toBe(bytes.length);
    expect(bytes.length).toBeLessThan(20 * 1024);
    const section = readCustomSection(bytes, manifestSection);
    expect(JSON.parse(new TextDecoder().decode(section))).toEqual(compiled.manifest);
  });

  test("has no fault that an editor would show", async () => {
    const tsc = Bun.resolveSync("typescript/package.json", import.meta.dir).replace(
      "package.json",
      "bin/tsc",
    );
    const check = Bun.spawn([process.execPath, tsc, "--noEmit", "-p", folder], { stdout: "pipe" });
    expect(await new Response(check.stdout).text()).toBe("");
    expect(await check.exited).toBe(0);
  });

  test("passes its own cases", () => {
    const text = readFileSync(join(folder, "cases", "first.yaml"), "utf8");
    const cases = (Bun.YAML.parse(text) as readonly Case[]).filter(({ error }) => error !== "input_invalid");
    expect(cases.length).toBeGreaterThan(1);
    for (const { input, expect: expected, http } of cases) {
      const guest = createGuest(bytes, { http: http ?? [] });
      expect(JSON.parse(guest.callText(mainExports[kind], JSON.stringify(input)))).toMatchObject(
        expected ?? {},
      );
    }
  });
});

test("a folder that has something in it is left alone", async () => {
  const folder = join(parent, "taken");
  mkdirSync(folder);
  writeFileSync(join(folder, "mine.txt"), "mine");
  const made = createPluginFolder({ kind: "judge", name: "a", folder });
  await expect(made).rejects.toThrow("is not empty");
  expect(existsSync(join(folder, "plugin.json"))).toBe(false);
});

test("a name that no plugin may have is refused before anything is written", async () => {
  const folder = join(parent, "named");
  const made = createPluginFolder({ kind: "judge", name: "../x", folder });
  await expect(made).rejects.toThrow('"../x" cannot name a plugin');
  expect(existsSync(folder)).toBe(false);
});
