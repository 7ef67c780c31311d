import { AppError } from "../../base/index.ts";

const digestPattern = /^sha256:[0-9a-f]{64}$/;
const prefix = "sha256:";

export function isDigest(value: string): boolean {
  return digestPattern.test(value);
}

/** The 64 hex digits of `sha256:<hex>`. Throws for anything else, so that no path is ever built from it. */
export function hexOf(digest: string): string {
  if (digestPattern.test(digest)) return digest.slice(prefix.length);
  const given = JSON.stringify(digest.slice(0, 80));
  throw new AppError("invalid_request", `${given} is not a digest; it must be sha256: and 64 hex digits`);
}

export function digestOf(hex: string): string {
  return prefix + hex;
}
