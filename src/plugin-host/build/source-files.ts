import { readFileSync, realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";

export const sdkName = "hearth-sdk";
/** How the compiler asks for a file of the SDK, wherever it is started. */
const sdkPath = new RegExp(`^(?:(?:\\.\\./)*node_modules/)?${sdkName}/(.+)$`);

export type SourceFiles = {
  /** The text of a file by its path from the plugin's folder, or null; outside of the folder there is nothing. */
  read(name: string): string | null;
  /** The text that was given for a path as the compiler names it in its messages. */
  textOf(path: string): string | undefined;
  /** Paths that were asked for and lie outside of the folder. */
  readonly refused: ReadonlySet<string>;
};

/** The files that a plugin may be compiled from: its own folder and the SDK. Links that lead out are not followed. */
export function openSourceFiles(folder: string, sdk: ReadonlyMap<string, string>): SourceFiles {
  const root = realpathSync(folder);
  const texts = new Map<string, string>();
  const refused = new Set<string>();

  function find(name: string): string | null {
    // An asconfig.json could name a program for the compiler to run.
    if (!name.endsWith(".ts")) return null;
    const [, inSdk] = sdkPath.exec(name) ?? [];
    if (inSdk !== undefined) return sdk.get(inSdk) ?? null;
    if (isOutside(relative(root, join(root, name)))) return refuse(name);
    try {
      const path = realpathSync(join(root, name));
      return isOutside(relative(root, path)) ? refuse(name) : readSource(path);
    } catch {
      return null;
    }
  }
  function refuse(name: string): null {
    // The compiler looks for packages in every folder above; that is no fault of the plugin's.
    if (!name.includes("node_modules/")) refused.add(name);
    return null;
  }
  return {
    read(name) {
      const text = find(name);
      if (text !== null) texts.set(name.replace(sdkPath, `~lib/${sdkName}/$1`), text);
      return text;
    },
    textOf: (path) => texts.get(path),
    refused,
  };
}

/** Without the mark of byte order that some editors write: no parser of ours takes it, and it would move columns. */
export function readSource(path: string): string {
  return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
}

function isOutside(path: string): boolean {
  return path === ".." || path.startsWith(`..${sep}`);
}
