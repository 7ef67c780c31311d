import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compileFromSource } from "./from-source.ts";
import {
  compilerFlags,
  type LibraryVariant,
  libraryDir,
  nativeDir,
  platformPackage,
  shimDir,
  shimFileName,
} from "./library.ts";
import { headerDirs } from "./source.ts";
import { compiler, run, runAsync } from "./toolchain.ts";
import { versions } from "./versions.ts";

const stampName = "stamp.json";
const linkedLibraries = [/^libllama-common\./, /^libllama\./, /^libggml\./, /^libggml-base\./];

/** Builds the shim next to the llama.cpp libraries unless that has been done; returns the folder. */
export async function buildLibrary(variant: LibraryVariant = "prebuilt"): Promise<string> {
  const target = libraryDir(variant);
  const stamp = JSON.stringify({ compiler: run(compiler, ["--version"]).split("\n", 1)[0] });
  if (isBuilt(target, stamp)) return target;
  const libraries =
    variant === "prebuilt" ? prebuiltLibraries() : compileFromSource({ cuda: variant === "cuda" });
  const work = `${target}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    for (const path of libraries) place(path, join(work, fileName(path)));
    await compileShim(work);
    writeFileSync(join(work, stampName), stamp);
    rmSync(target, { recursive: true, force: true });
    renameSync(work, target);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    // Another build of the same sources may have come first.
    if (!isBuilt(target, stamp)) throw error;
  }
  return target;
}

function isBuilt(target: string, stamp: string): boolean {
  const path = join(target, stampName);
  return existsSync(path) && readFileSync(path, "utf8") === stamp;
}

function prebuiltLibraries(): string[] {
  const name = platformPackage();
  const specifier = `@node-llama-cpp/${name}/package.json`;
  let root: string;
  try {
    root = dirname(createRequire(join(nativeDir, "build.ts")).resolve(specifier));
  } catch (cause) {
    throw new Error(
      `@node-llama-cpp/${name} ${versions.platformPackages} is not installed; run: bun install`,
      { cause },
    );
  }
  const dir = join(root, "bins", name);
  return readdirSync(dir)
    .filter(isLibrary)
    .map((file) => join(dir, file));
}

/** Backends that ggml loads at run time end in .so on macOS too. */
function isLibrary(file: string): boolean {
  return /\.(so|dylib|metallib)$/.test(file);
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function place(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

async function compileShim(dir: string): Promise<void> {
  const includes = headerDirs().flatMap((path) => ["-isystem", path]);
  const sources = readdirSync(shimDir).filter((name) => name.endsWith(".cpp"));
  const objects = sources.map((name) => join(dir, name.replace(/\.cpp$/, ".o")));
  await Promise.all(
    sources.map((name, i) =>
      runAsync(compiler, [...compilerFlags, ...includes, "-c", join(shimDir, name), "-o", objects[i] ?? ""]),
    ),
  );
  const files = readdirSync(dir);
  const libraries = linkedLibraries.map((pattern) => {
    const file = files.find((name) => pattern.test(name));
    if (!file) throw new Error(`no library matches ${pattern} in ${dir}`);
    return join(dir, file);
  });
  const origin = process.platform === "darwin" ? "@loader_path" : "$ORIGIN";
  await runAsync(compiler, [
    "-shared",
    "-o",
    join(dir, shimFileName),
    ...objects,
    ...libraries,
    `-Wl,-rpath,${origin}`,
  ]);
  for (const object of objects) rmSync(object);
}

if (import.meta.main) {
  const variant = process.argv.includes("--cuda")
    ? "cuda"
    : process.argv.includes("--from-source")
      ? "source"
      : "prebuilt";
  try {
    await buildLibrary(variant);
  } catch (error) {
    console.error(`setup failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
