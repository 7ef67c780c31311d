import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nativeDir } from "./library.ts";

export const pluginsDir = join(nativeDir, "..", "plugins");
export const sdkDir = join(pluginsDir, "sdk");

/** Sources of the SDK by their path in it, in order. */
export function readSdk(): ReadonlyMap<string, string> {
  const names = readdirSync(sdkDir, { recursive: true, encoding: "utf8" });
  const sources = names.filter((name) => name.endsWith(".ts")).sort();
  return new Map(
    sources.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(sdkDir, name), "utf8")]),
  );
}
