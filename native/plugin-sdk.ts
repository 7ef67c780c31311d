import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDir, nativeDir } from "./library.ts";

export const pluginsDir = join(nativeDir, "..", "plugins");
const sdkDir = join(pluginsDir, "sdk");
/** Where `bun run setup` leaves the project's plugins. */
export const builtPluginsDir = join(cacheDir, "plugins");

/** Name and file of each plugin that is built, in order. */
export function listBuiltPlugins(): readonly { readonly name: string; readonly path: string }[] {
  if (!existsSync(builtPluginsDir)) return [];
  const files = readdirSync(builtPluginsDir).filter((name) => name.endsWith(".wasm"));
  return files
    .sort()
    .map((file) => ({ name: file.slice(0, -".wasm".length), path: join(builtPluginsDir, file) }));
}

/** Sources of the SDK by their path in it, in order. */
export function readSdkSources(): ReadonlyMap<string, string> {
  const names = readdirSync(sdkDir, { recursive: true, encoding: "utf8" });
  const sources = names.filter((name) => name.endsWith(".ts")).sort();
  return new Map(
    sources.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(sdkDir, name), "utf8")]),
  );
}

/** What AssemblyScript declares for editors, with what TypeScript and the SDK need beyond it. */
export function readAssemblyScriptTypes(): string {
  const compiler = dirname(Bun.resolveSync("assemblyscript/package.json", nativeDir));
  const types = readFileSync(join(compiler, "std", "assembly", "index.d.ts"), "utf8");
  // TypeScript takes an interface alone for the type of numbers.
  const numbers = types.replace("declare type Number = _Float;", "interface Number extends _Float {}");
  return `${numbers}\ndeclare function __new(size: usize, id: u32): usize;\n`;
}
