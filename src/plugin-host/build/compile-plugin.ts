import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeWhole } from "../../base/index.ts";
import { mainExports } from "../contracts/kinds.ts";
import type { Manifest } from "../contracts/manifest.ts";
import { PluginFailure } from "../failure.ts";
import { manifestSection, withCustomSection } from "../wasm/custom-sections.ts";
import { entryFile } from "./compile-protocol.ts";
import { compileSources } from "./compile-sources.ts";
import { locateCompiler } from "./locate-compiler.ts";
import { isFile, readManifest } from "./read-manifest.ts";
import { readSdk } from "./read-sdk.ts";

/** Of a file that is to be given away. */
const readableMode = 0o644;

export type CompiledPlugin = {
  readonly path: string;
  readonly bytes: number;
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
};

/**
 * Compiles a plugin's folder into one file, manifest included: `build/NAME.wasm` in it, or `output`. Throws
 * PluginFailure manifest_invalid or build_failed, whose message has every error with its place in the folder.
 */
export async function compilePlugin(options: {
  readonly folder: string;
  /** Where the executable unpacks its compiler. */
  readonly home: string;
  readonly output?: string;
  readonly signal?: AbortSignal;
}): Promise<CompiledPlugin> {
  const { folder, home, signal } = options;
  const manifest = readManifest(folder);
  if (!isFile(join(folder, entryFile))) throw buildFailed(`${entryFile} is missing`);
  const result = await compileSources({
    folder,
    sdk: await readSdk(),
    program: await locateCompiler(home),
    signal,
  });
  if (result.wasm === undefined) throw buildFailed(result.errors.join("\n"));
  const wasm = Uint8Array.fromBase64(result.wasm);
  checkMainExport(wasm, manifest);
  const content = new TextEncoder().encode(JSON.stringify(manifest));
  const plugin = withCustomSection(wasm, manifestSection, content);
  const path = options.output ?? join(folder, "build", `${manifest.name}.wasm`);
  await mkdir(dirname(path), { recursive: true });
  writeWhole(dirname(path), basename(path), plugin, readableMode);
  return { path, bytes: plugin.length, manifest, warnings: result.warnings };
}

function checkMainExport(wasm: Uint8Array<ArrayBuffer>, { kind }: Manifest): void {
  const name = mainExports[kind];
  const exported = WebAssembly.Module.exports(new WebAssembly.Module(wasm));
  if (exported.some((entry) => entry.kind === "function" && entry.name === name)) return;
  throw buildFailed(`a ${kind} must have \`export function ${name}(): i32\` in ${entryFile}`);
}

function buildFailed(message: string): PluginFailure {
  return new PluginFailure("build_failed", message);
}
