import { readFileSync } from "node:fs";
import { AppError } from "../../base/index.ts";
import {
  limitTable,
  mainExports,
  manifestSection,
  PluginFailure,
  parseManifest,
  signatureSection,
  withCustomSection,
  withoutCustomSection,
} from "../../plugin-host/index.ts";
import type { CliDeps } from "../deps.ts";
import { formatBytes, visible } from "../table.ts";
import { exitCodes } from "../usage-error.ts";
import { readModule, writeModule } from "./module-file.ts";
import { about } from "./open-plugins.ts";

const maxNamedExports = 8;

export type PackOptions = { readonly module: string; readonly manifest: string; readonly output: string };

/** Makes a plugin of a module of any language: its manifest becomes a section of it. */
export async function pack({ io }: CliDeps, { module, manifest, output }: PackOptions): Promise<number> {
  const parsed = await about(manifest, () => parseManifest(readManifestFile(manifest)));
  const { packed, hadSignature } = await about(module, async () => {
    const bytes = await readModule(module, limitTable.moduleBytes.most);
    requireExport(bytes, mainExports[parsed.kind]);
    const unsigned = withoutCustomSection(bytes, signatureSection);
    const content = new TextEncoder().encode(JSON.stringify(parsed));
    const packed = withCustomSection(unsigned, manifestSection, content);
    return { packed, hadSignature: unsigned.length < bytes.length };
  });
  writeModule(output, packed);
  io.stdout.write(`${visible(output)}, ${formatBytes(packed.length)}\n`);
  if (hadSignature)
    io.stderr.write(
      "its signature did not cover this manifest and was left out; hearth plugin sign makes another\n",
    );
  return exitCodes.success;
}

function readManifestFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AppError("invalid_request", `${path} cannot be read; give a plugin's manifest in JSON`, {
      cause,
    });
  }
}

/** What cannot be compiled here, such as for what it imports of WebAssembly itself, is told of where it is added. */
function requireExport(bytes: Uint8Array, name: string): void {
  let exports: readonly WebAssembly.ModuleExportDescriptor[];
  try {
    exports = WebAssembly.Module.exports(new WebAssembly.Module(Buffer.from(bytes)));
  } catch {
    return;
  }
  if (exports.some((each) => each.name === name && each.kind === "function")) return;
  const functions = exports.filter(({ kind }) => kind === "function").map((each) => each.name);
  const found = functions.slice(0, maxNamedExports).join(", ") || "none";
  throw new PluginFailure(
    "plugin_not_implemented",
    `its manifest needs a function "${name}" that it exports; it exports ${found}`,
  );
}
