import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { contractVersion, type Manifest, manifestSchema } from "../contracts/manifest.ts";
import { describeFault } from "../describe-fault.ts";
import { PluginFailure } from "../failure.ts";
import { readSource } from "./source-files.ts";

export const manifestFile = "plugin.json";

/**
 * The manifest of a plugin's folder, defaults filled in. Throws PluginFailure manifest_missing, contract_unsupported or
 * manifest_invalid, whose message has a line for each fault with its path in the file.
 */
export function readManifest(folder: string): Manifest {
  const path = join(folder, manifestFile);
  if (!isFile(path)) {
    const message = `there is no ${manifestFile} in this folder; \`hearth plugin new\` writes one`;
    throw new PluginFailure("manifest_missing", message);
  }
  const parsed = manifestSchema.safeParse(parseJson(readSource(path)));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${manifestFile}: ${describeFault(issue)}`);
    throw new PluginFailure("manifest_invalid", faults.join("\n"));
  }
  if (parsed.data.contract === contractVersion) return parsed.data;
  const message = `${manifestFile}: contract: this Hearth has version ${contractVersion}, got ${parsed.data.contract}`;
  throw new PluginFailure("contract_unsupported", message);
}

export function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PluginFailure("manifest_invalid", `${manifestFile} is no JSON: ${reason}`, { cause });
  }
}
