/**
 * Builds the plugins of the project to native/.cache/plugins and, with `--generate`, writes what is made of the
 * contracts: classes and schemas of the SDK and the reference in plugins/README.md.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import assemblyscript from "assemblyscript/package.json";
import { compilePlugin } from "../src/plugin-host/build/compile-plugin.ts";
import { compilerFlags } from "../src/plugin-host/build/compile-sources.ts";
import { manifestFile, readManifest } from "../src/plugin-host/build/read-manifest.ts";
import { cacheDir } from "./library.ts";
import { generateClasses } from "./plugin-classes.ts";
import { withReference } from "./plugin-reference.ts";
import { contracts } from "./plugin-schemas.ts";
import { builtPluginsDir, pluginsDir, readSdkSources } from "./plugin-sdk.ts";

const kindFolders = ["connectors", "judges", "policies"] as const;

/** Every generated file by its path in plugins/, as it should be. */
export function generateFiles(): ReadonlyMap<string, string> {
  const schemas = contracts.map(({ name, title, schema }) => {
    return [`sdk/schemas/${name}.json`, `${JSON.stringify({ title, ...schema }, null, 2)}\n`] as const;
  });
  const classes = [...generateClasses()].map(([name, text]) => [`sdk/generated/${name}`, text] as const);
  const readme = withReference(readFileSync(join(pluginsDir, "README.md"), "utf8"));
  return new Map([...schemas, ...classes, ["README.md", readme]]);
}

function writeGenerated(): void {
  for (const folder of ["generated", "schemas"])
    rmSync(join(pluginsDir, "sdk", folder), { recursive: true, force: true });
  for (const [path, text] of generateFiles()) {
    mkdirSync(dirname(join(pluginsDir, path)), { recursive: true });
    writeFileSync(join(pluginsDir, path), text);
  }
}

/** Compiles each plugin whose sources, SDK, flags or compiler have changed; gives the paths of all. */
export async function buildPlugins(): Promise<readonly string[]> {
  mkdirSync(builtPluginsDir, { recursive: true });
  const built = new Set<string>();
  for (const folder of listPluginFolders()) {
    const { name } = readManifest(folder);
    const path = join(builtPluginsDir, `${name}.wasm`);
    if (built.has(path)) throw new Error(`two plugins are named ${name}`);
    await buildOne(folder, path).catch((cause: unknown) => {
      throw new Error(`${folder} cannot be built`, { cause });
    });
    built.add(path);
  }
  for (const name of readdirSync(builtPluginsDir)) {
    const isOrphan = !built.has(join(builtPluginsDir, name.replace(/\.sha256$/, "")));
    if (isOrphan) rmSync(join(builtPluginsDir, name), { force: true });
  }
  return [...built].sort();
}

async function buildOne(folder: string, path: string): Promise<void> {
  const hash = hashOf(folder);
  const stamp = `${path}.sha256`;
  if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  const { bytes, warnings } = await compilePlugin({ folder, home: cacheDir, output: path });
  for (const warning of warnings) console.error(warning);
  console.error(`${path}  ${(bytes / 1024).toFixed(1)} KiB`);
  writeFileSync(`${stamp}.part`, hash);
  renameSync(`${stamp}.part`, stamp);
}

function listPluginFolders(): readonly string[] {
  return kindFolders.flatMap((kind) => {
    const parent = join(pluginsDir, kind);
    if (!existsSync(parent)) return [];
    return readdirSync(parent)
      .sort()
      .map((name) => join(parent, name))
      .filter((folder) => existsSync(join(folder, manifestFile)));
  });
}

function hashOf(folder: string): string {
  const hash = createHash("sha256").update(JSON.stringify([assemblyscript.version, compilerFlags]));
  hash.update(JSON.stringify([...readSdkSources()]));
  hash.update(JSON.stringify(readManifest(folder)));
  const sources = readdirSync(join(folder, "assembly"), { recursive: true, encoding: "utf8" });
  for (const name of sources.filter((name) => name.endsWith(".ts")).sort())
    hash.update(JSON.stringify([name, readFileSync(join(folder, "assembly", name), "utf8")]));
  return hash.digest("hex");
}

if (import.meta.main) {
  if (process.argv.includes("--generate")) writeGenerated();
  await buildPlugins();
}
