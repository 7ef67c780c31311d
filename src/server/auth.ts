import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "../base/index.ts";

export type Authenticator = (headers: Headers) => { readonly tenant: string };

/**
 * Checks `Authorization: Bearer` or `x-api-key` against every key, in a time that tells nothing about them.
 * The tenant is derived from the key's hash, so it can be logged.
 */
export function createAuthenticator(apiKeys: readonly string[]): Authenticator {
  if (apiKeys.length === 0) return () => ({ tenant: "local" });
  const known = apiKeys.map((key) => {
    const digest = sha256(key);
    return { digest, tenant: `key-${digest.toString("hex", 0, 4)}` };
  });
  return function authenticate(headers) {
    const given = sha256(readKey(headers) ?? "");
    let tenant: string | undefined;
    for (const key of known) {
      if (timingSafeEqual(key.digest, given)) tenant = key.tenant;
    }
    if (tenant !== undefined) return { tenant };
    throw new AppError(
      "unauthorized",
      "The API key is missing or wrong; send it as `Authorization: Bearer KEY` or `x-api-key: KEY`.",
    );
  };
}

function readKey(headers: Headers): string | undefined {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  return bearer?.trim() ?? headers.get("x-api-key") ?? undefined;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
