import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unpackAssets, writeWhole } from "../../base/index.ts";
import { embeddedCompiler } from "./embedded-compiler.ts";

export type CompilerFiles = {
  /** The program that compiles, and a folder to run it in. */
  readonly program: string;
  readonly folder: string;
  /** Sources of the SDK by their path in it. */
  readonly sdk: ReadonlyMap<string, string>;
};

/** From source they are in the repository; the executable unpacks its own under `home` once. */
export async function locateCompiler(home: string): Promise<CompilerFiles> {
  if (embeddedCompiler.length > 0) return await unpackCompiler(home);
  const { readSdk } = await import("../../../native/plugin-sdk.ts");
  const folder = import.meta.dir;
  return { program: join(folder, "compile-child.ts"), folder, sdk: readSdk() };
}

async function unpackCompiler(home: string): Promise<CompilerFiles> {
  const folder = await unpackAssets(home, "plugin-compiler", embeddedCompiler);
  const program = join(folder, "compiler.mjs");
  if (!existsSync(program)) {
    const packed = readFileSync(join(folder, "compiler.mjs.zst"));
    writeWhole(folder, "compiler.mjs", Bun.zstdDecompressSync(packed));
  }
  const sdk = JSON.parse(readFileSync(join(folder, "sdk.json"), "utf8")) as Record<string, string>;
  return { program, folder, sdk: new Map(Object.entries(sdk)) };
}
