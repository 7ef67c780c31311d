import { statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { AppError, writeWhole } from "../../base/index.ts";
import type { Config } from "../../config/index.ts";
import { limitTable, PluginFailure, type PluginFile } from "../../plugin-host/index.ts";

/** A module is there to be handed on, unlike what Hearth keeps for itself. */
const moduleMode = 0o644;
const permissionBits = 0o777;

/** Whether a text is a path; names of plugins have neither dots nor slashes. */
export function isModulePath(text: string): boolean {
  return /[\\/.]/.test(text);
}

/** Throws PluginFailure plugin_not_found or module_too_large. */
export async function readModule(
  path: string,
  maxBytes: number = limitTable.moduleBytes.default,
): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) {
    throw new PluginFailure("plugin_not_found", "there is no such file; give the path of a .wasm file");
  }
  if (found.size <= maxBytes) return await readFile(path);
  const message = `it has ${found.size} bytes; at most ${maxBytes} are possible`;
  throw new PluginFailure("module_too_large", message);
}

/** Writes the whole file or nothing; one that is replaced keeps its mode. */
export function writeModule(path: string, content: Uint8Array): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? moduleMode;
  const target = resolve(path);
  try {
    writeWhole(dirname(target), basename(target), content, mode & permissionBits);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("invalid_request", `${path} cannot be written: ${reason}`, { cause });
  }
}

/** Throws PluginFailure plugin_unsigned where signatures are required and this file has none of a trusted key. */
export function requireTrust({ requireSigned }: Config, { signature }: Pick<PluginFile, "signature">): void {
  if (requireSigned === "off" || signature.state === "trusted") return;
  const found =
    signature.state === "unsigned" ? "it has none" : `its key ${signature.publicKey} is not trusted`;
  const message = `a signature of a trusted key is required, and ${found}; trust a key with --trusted-key`;
  throw new PluginFailure("plugin_unsigned", message);
}
