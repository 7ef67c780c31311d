import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unpackAssets, writeWhole } from "../../base/index.ts";
import { embeddedCompiler } from "./embedded-compiler.ts";

/** How the executable carries it. */
export const compilerAsset = "compiler.mjs.zst";
const unpackedName = "compiler.mjs";

/** The program that compiles: the executable unpacks its own under `home` once, from source it is in the repository. */
export async function locateCompiler(home: string): Promise<string> {
  const assets = embeddedCompiler.filter(({ name }) => name === compilerAsset);
  if (assets.length === 0) return join(import.meta.dir, "compile-child.ts");
  const folder = await unpackAssets(home, "plugin-compiler", assets);
  const program = join(folder, unpackedName);
  if (!existsSync(program)) {
    writeWhole(folder, unpackedName, Bun.zstdDecompressSync(readFileSync(join(folder, compilerAsset))));
  }
  return program;
}
