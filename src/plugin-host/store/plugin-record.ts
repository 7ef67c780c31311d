import type { Manifest } from "../contracts/manifest.ts";
import type { Failure } from "../failure.ts";
import type { Grants } from "../grants.ts";
import type { Limits } from "../limits.ts";

/** A value, or the name of the environment variable that holds it. */
export type ConfigValue = { readonly value: string } | { readonly environment: string };

export type LastError = Failure & { readonly atMs: number };

/** What is remembered of a plugin's failures. */
export type PluginState = Pick<PluginRecord, "lastError" | "lastStrikeAtMs" | "quarantinedAtMs">;

/** A plugin that is known here, with all that was decided about it. */
export type PluginRecord = {
  readonly name: string;
  readonly manifest: Manifest;
  readonly path: string;
  /** Hexadecimal, of the file. */
  readonly sha256: string;
  /** Where it was added from: a path, a URL, or `embedded`. */
  readonly source: string;
  readonly isEmbedded: boolean;
  readonly grants: Grants;
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly limits: Partial<Limits>;
  /** Of a signature that fits, as `ed25519:…`. */
  readonly publicKey?: string;
  readonly isEnabled: boolean;
  readonly addedAtMs: number;
  /** When it last broke a limit. */
  readonly lastStrikeAtMs?: number;
  readonly quarantinedAtMs?: number;
  readonly lastError?: LastError;
};
