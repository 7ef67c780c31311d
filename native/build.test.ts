import { expect, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildLibrary } from "./build.ts";
import { libraryDir, nativeDir, shimFileName } from "./library.ts";

test("the library folder holds the shim beside every library it needs", async () => {
  const dir = await buildLibrary();
  expect(dir).toBe(libraryDir());
  const files = readdirSync(dir);
  expect(files).toContain(shimFileName);
  for (const name of [/^libllama\./, /^libllama-common\./, /^libggml-base\./, /^libggml-cpu/]) {
    expect(files.some((file) => name.test(file))).toBe(true);
  }
  expect(files.some((file) => file.endsWith(".o"))).toBe(false);
});

test("a second build leaves everything as it is", async () => {
  const shim = join(await buildLibrary(), shimFileName);
  const before = statSync(shim);
  await buildLibrary();
  expect(statSync(shim)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
});

test("each variant has a folder of its own", () => {
  expect(new Set([libraryDir("prebuilt"), libraryDir("source"), libraryDir("cuda")]).size).toBe(3);
});

test("a missing compiler is named together with what to install", () => {
  const result = Bun.spawnSync([process.execPath, join(nativeDir, "build.ts")], {
    env: { ...process.env, CXX: "no-such-compiler" },
  });
  expect(result.stderr.toString()).toMatch(
    /setup failed: no-such-compiler is needed.*install it: .*(g\+\+|xcode)/,
  );
  expect(result.exitCode).toBe(1);
  expect(existsSync(libraryDir())).toBe(true);
});
