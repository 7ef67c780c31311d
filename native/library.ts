import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { versions } from "./versions.ts";

/** `prebuilt`: libraries from npm; `source` and `cuda`: compiled here from the source bundle. */
export type LibraryVariant = "prebuilt" | "source" | "cuda";

export const nativeDir = import.meta.dirname;
export const cacheDir = join(nativeDir, ".cache");
export const shimDir = join(nativeDir, "shim");
export const sharedLibrarySuffix = process.platform === "darwin" ? "dylib" : "so";
export const shimFileName = `libhearth.${sharedLibrarySuffix}`;

/** Nothing here reads errno or traps of arithmetic, and doing without them lets the passes over logits be vectorised. */
export const compilerFlags: readonly string[] = [
  "-std=c++17",
  "-O3",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-fPIC",
  "-pthread",
  "-fvisibility=hidden",
  "-Wall",
  "-Wextra",
];

const platformPackages: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "darwin-arm64": "mac-arm64-metal",
  "darwin-x64": "mac-x64",
};

/** Name of the npm package that holds the libraries of this machine. */
export function platformPackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = platformPackages[platform];
  if (!name)
    throw new Error(
      `no prebuilt llama.cpp for ${platform}; supported: ${Object.keys(platformPackages).join(", ")}`,
    );
  return name;
}

/** The folder that holds the shim and every library it needs; `bun run setup` fills it. */
export function libraryDir(variant: LibraryVariant = "prebuilt"): string {
  const hash = createHash("sha256").update(JSON.stringify([versions, variant, compilerFlags]));
  for (const name of readdirSync(shimDir).sort()) hash.update(name).update(readFileSync(join(shimDir, name)));
  return join(cacheDir, "lib", `${platformPackage()}-${hash.digest("hex").slice(0, 16)}`);
}
