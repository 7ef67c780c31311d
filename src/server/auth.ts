import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "../base/index.ts";

export type Caller = {
  readonly tenant: string;
  /** Whether the caller may change what the server is: an admin key where there are any, else any caller. */
  readonly isAdmin: boolean;
};
export type Authenticator = (headers: Headers) => Caller;

type Keys = { readonly apiKeys: readonly string[]; readonly adminKeys: readonly string[] };

/**
 * Checks `Authorization: Bearer` or `x-api-key` against every key, in a time that tells nothing about them.
 * The tenant is derived from the key's hash, so it can be logged.
 */
export function createAuthenticator({ apiKeys, adminKeys }: Keys): Authenticator {
  const known = [...apiKeys, ...adminKeys].map((key) => {
    const digest = sha256(key);
    const isAdmin = adminKeys.length === 0 || adminKeys.includes(key);
    return { digest, caller: { tenant: `key-${digest.toString("hex", 0, 4)}`, isAdmin } };
  });
  const stranger = { tenant: "local", isAdmin: adminKeys.length === 0 };
  return function authenticate(headers) {
    const given = sha256(readKey(headers) ?? "");
    let caller: Caller | undefined = apiKeys.length === 0 ? stranger : undefined;
    for (const key of known) {
      if (timingSafeEqual(key.digest, given)) caller = key.caller;
    }
    if (caller !== undefined) return caller;
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
