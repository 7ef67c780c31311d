import { readFileSync, writeFileSync } from "node:fs";
import { AppError, toAppError } from "../../base/index.ts";
import { createSigningKey, limitTable, readPluginFile, signModule } from "../../plugin-host/index.ts";
import type { CliDeps } from "../deps.ts";
import { visible } from "../table.ts";
import { exitCodes } from "../usage-error.ts";
import { readModule, writeModule } from "./module-file.ts";
import { about } from "./open-plugins.ts";

const privateFileMode = 0o600;

export type SignOptions = {
  readonly file: string;
  readonly key: string;
  /** Absent: the file itself. */
  readonly output?: string;
  readonly newKey: boolean;
};

/** Signs a plugin, with a new key where that is asked for, and prints the public key that it is trusted by. */
export async function sign(
  { io }: CliDeps,
  { file, key, output = file, newKey }: SignOptions,
): Promise<number> {
  const publicKey = await about(file, async () => {
    const bytes = await readModule(file, limitTable.moduleBytes.most);
    const signed = signModule(bytes, newKey ? makeKey(key, bytes) : readKey(key));
    writeModule(output, signed);
    const { manifest, signature } = readPluginFile(signed, []);
    if (!manifest)
      io.stderr.write(`${visible(file)} has no manifest, and hearth plugin pack would drop the signature\n`);
    return signature.state === "unsigned" ? "" : signature.publicKey;
  });
  io.stdout.write(`signed ${visible(output)}; trust its key with\n  --trusted-key ${publicKey}\n`);
  return exitCodes.success;
}

function readKey(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError("invalid_request", `the key ${path} cannot be read; --new-key makes one`, { cause });
  }
}

/** A key that is there already is never lost to a new one; nor is one made for a file that cannot be signed. */
function makeKey(path: string, bytes: Uint8Array): string {
  const { privateKeyPem } = createSigningKey();
  signModule(bytes, privateKeyPem);
  try {
    writeFileSync(path, privateKeyPem, { mode: privateFileMode, flag: "wx" });
  } catch (cause) {
    const { message } = toAppError(cause);
    throw new AppError("conflict", `no key is made at ${path}: ${message}; leave --new-key out to use it`, {
      cause,
    });
  }
  return privateKeyPem;
}
