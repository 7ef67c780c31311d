import { readFile } from "node:fs/promises";
import { AppError } from "../base/index.ts";
import type { UpstreamConfig } from "../config/index.ts";

export type KeyDeps = {
  /** Of `env:NAME`. */
  readonly readVariable: (name: string) => string | undefined;
};

const maxKeyBytes = 16_384;
/** What a header may hold: anything else in a key would be a mistake, or a second header. */
const headerText = /^[\x21-\x7e]+$/;

/**
 * The key that an upstream's configuration points to, read anew each time so that it can be changed; undefined where it
 * needs none. Throws AppError upstream_refused, without the key, for one that is missing or no key.
 */
export async function readKey({ key }: UpstreamConfig, deps: KeyDeps): Promise<string | undefined> {
  if (key === undefined) return undefined;
  const place = key.startsWith("env:") ? `the variable ${key.slice(4)}` : `the file ${key.slice(5)}`;
  const text = (await readPlace(key, place, deps)).trim();
  if (text === "")
    throw refuse(`has no key: ${place}, where its configuration says that it is, holds nothing`);
  if (!headerText.test(text)) throw refuse(`has no key: ${place} holds something that is no key`);
  return text;
}

async function readPlace(key: string, place: string, { readVariable }: KeyDeps): Promise<string> {
  if (key.startsWith("env:")) return readVariable(key.slice(4)) ?? "";
  let bytes: Buffer;
  try {
    bytes = await readFile(key.slice(5));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw refuse(
      `has no key: ${place}, where its configuration says that it is, cannot be read${code}`,
      cause,
    );
  }
  if (bytes.length > maxKeyBytes) throw refuse(`has no key: ${place} is longer than ${maxKeyBytes} bytes`);
  return bytes.toString("utf8");
}

function refuse(message: string, cause?: unknown): AppError {
  return new AppError("upstream_refused", message, cause === undefined ? {} : { cause });
}

/** Keys as they are now, for a logger to remove from all that it writes; those that cannot be read are left out. */
export async function readKnownKeys(
  upstreams: readonly UpstreamConfig[],
  deps: KeyDeps,
): Promise<readonly string[]> {
  const keys = await Promise.all(upstreams.map((upstream) => readKey(upstream, deps).catch(() => undefined)));
  return keys.filter((key) => key !== undefined);
}
