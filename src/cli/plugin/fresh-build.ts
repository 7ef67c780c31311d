import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseManifest } from "../../plugin-host/index.ts";

/** The plugin that was built of a folder, where neither its sources nor this program have changed since. */
export function findFreshBuild(folder: string): string | undefined {
  try {
    const manifest = join(folder, "plugin.json");
    const path = join(folder, "build", `${parseManifest(readFileSync(manifest)).name}.wasm`);
    const sources = join(folder, "assembly");
    // A folder changes when a file in it is renamed or removed.
    const inputs = readdirSync(sources, { recursive: true, encoding: "utf8" });
    const builtMs = statSync(path).mtimeMs;
    const all = [manifest, sources, ...inputs.map((name) => join(sources, name)), process.execPath];
    return all.every((input) => statSync(input).mtimeMs < builtMs) ? path : undefined;
  } catch {
    // Whatever is missing or wrong, compiling tells of it.
    return undefined;
  }
}
