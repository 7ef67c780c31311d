import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unpackAssets, writeWhole } from "../../base/index.ts";
import { embeddedCompiler } from "./embedded-compiler.ts";

/** What is used of asc, the AssemblyScript compiler. */
export type Compiler = {
  readonly main: (argv: readonly string[], options: CompilerOptions) => Promise<CompilerResult>;
};

export type CompilerOptions = {
  /** Null where there is no such file. */
  readonly readFile: (name: string, folder: string) => string | null;
  readonly writeFile: (name: string, content: Uint8Array | string) => void;
  readonly listFiles: () => readonly string[];
  readonly reportDiagnostic: (diagnostic: Diagnostic) => void;
};

type CompilerResult = { readonly error: Error | null; readonly stderr: { toString(): string } };

export type Diagnostic = {
  readonly message: string;
  readonly code: number;
  /** 0 pedantic, 1 info, 2 warning, 3 error. */
  readonly category: number;
  /** Offsets in UTF-16 units. */
  readonly range: { readonly start: number; readonly source: { readonly normalizedPath: string } } | null;
};

export type CompilerFiles = {
  /** What to import the compiler from. */
  readonly compiler: string;
  /** Sources of the SDK by their path in it, such as `generated/judge-input.ts`. */
  readonly sdk: ReadonlyMap<string, string>;
};

/** From source they are in the repository; the executable unpacks its own under `home` once. */
export async function locateCompiler(home: string): Promise<CompilerFiles> {
  if (embeddedCompiler.length > 0) return await unpackCompiler(home);
  const { readSdk } = await import("../../../native/plugin-sdk.ts");
  return { compiler: "assemblyscript/asc", sdk: readSdk() };
}

export async function loadCompiler({ compiler }: CompilerFiles): Promise<Compiler> {
  return (await import(compiler)) as Compiler;
}

async function unpackCompiler(home: string): Promise<CompilerFiles> {
  const folder = await unpackAssets(home, "plugin-compiler", embeddedCompiler);
  const compiler = join(folder, "compiler.mjs");
  if (!existsSync(compiler)) {
    const packed = readFileSync(join(folder, "compiler.mjs.zst"));
    writeWhole(folder, "compiler.mjs", Bun.zstdDecompressSync(packed));
  }
  const sdk = JSON.parse(readFileSync(join(folder, "sdk.json"), "utf8")) as Record<string, string>;
  return { compiler, sdk: new Map(Object.entries(sdk)) };
}
