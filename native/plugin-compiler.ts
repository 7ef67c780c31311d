/** The AssemblyScript compiler and the SDK as files that the executable carries. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, nativeDir } from "./library.ts";
import { readSdk } from "./plugin-sdk.ts";

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
  if (!existsSync(compiler)) compress(await output.arrayBuffer(), compiler);
  const sdk = join(folder, "sdk.json");
  writeFileSync(sdk, JSON.stringify(Object.fromEntries(readSdk())));
  return [
    { name: "compiler.mjs.zst", path: compiler },
    { name: "sdk.json", path: sdk },
  ];
}

/** To a seventh, which takes a quarter of a minute. */
function compress(content: ArrayBuffer, path: string): void {
  writeFileSync(`${path}.part`, Bun.zstdCompressSync(content, { level: 19 }));
  renameSync(`${path}.part`, path);
}
