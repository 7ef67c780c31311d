/** The AssemblyScript compiler and the SDK as files that the executable carries. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "./library.ts";
import { readSdk } from "./plugin-sdk.ts";

/** asc and binaryen as one module, compressed to a seventh, and the sources of the SDK. */
export async function packCompiler(): Promise<readonly { readonly name: string; readonly path: string }[]> {
  const folder = join(cacheDir, "plugin-compiler");
  mkdirSync(folder, { recursive: true });
  const bundle = await Bun.build({
    entrypoints: [Bun.resolveSync("assemblyscript/asc", import.meta.dir)],
    target: "bun",
    minify: true,
  });
  const [output] = bundle.outputs;
  if (!bundle.success || !output) throw new AggregateError(bundle.logs, "the compiler cannot be bundled");
  const compiler = join(folder, "compiler.mjs.zst");
  writeFileSync(compiler, Bun.zstdCompressSync(await output.bytes(), { level: 19 }));
  const sdk = join(folder, "sdk.json");
  writeFileSync(sdk, JSON.stringify(Object.fromEntries(readSdk())));
  return [
    { name: "compiler.mjs.zst", path: compiler },
    { name: "sdk.json", path: sdk },
  ];
}
