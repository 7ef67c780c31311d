/** The AssemblyScript compiler and the SDK as files that the executable carries. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compilerAsset } from "../src/plugin-host/build/locate-compiler.ts";
import { type PackedSdk, sdkAsset } from "../src/plugin-host/build/read-sdk.ts";
import { cacheDir, nativeDir } from "./library.ts";
import { readAssemblyScriptTypes, readSdkSources } from "./plugin-sdk.ts";

type EmbeddedFile = { readonly name: string; readonly path: string };

const program = join(nativeDir, "..", "src", "plugin-host", "build", "compile-child.ts");

/** The program that compiles plugins as one compressed module, and the sources of the SDK. */
export async function packCompiler(): Promise<readonly EmbeddedFile[]> {
  const folder = join(cacheDir, "plugin-compiler");
  mkdirSync(folder, { recursive: true });
  const bundle = await Bun.build({ entrypoints: [program], target: "bun", minify: true });
  const [output] = bundle.outputs;
  if (!bundle.success || !output) throw new AggregateError(bundle.logs, "the compiler cannot be bundled");
  const compiler = join(folder, `${output.hash}.mjs.zst`);
  if (!existsSync(compiler)) {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    compress(await output.arrayBuffer(), compiler);
  }
  const sdk = join(folder, sdkAsset);
  const packed: PackedSdk = {
    sources: Object.fromEntries(readSdkSources()),
    types: readAssemblyScriptTypes(),
  };
  writeFileSync(sdk, JSON.stringify(packed));
  return [
    { name: compilerAsset, path: compiler },
    { name: sdkAsset, path: sdk },
  ];
}

/** To a seventh, which takes a quarter of a minute. */
function compress(content: ArrayBuffer, path: string): void {
  writeFileSync(`${path}.part`, Bun.zstdCompressSync(content, { level: 19 }));
  renameSync(`${path}.part`, path);
}
