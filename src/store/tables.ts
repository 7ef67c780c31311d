import type { Generated, Kysely } from "kysely";

/** A set of files, settings and what is known of them; several names may share one. */
export type ManifestTable = {
  readonly id: Generated<number>;
  /** `sha256:` and the digest of `content` and `settings`. */
  readonly digest: string;
  /** JSON, as is `settings`; written and read by `models/store`. */
  readonly content: string;
  /** Apart, for it may hold long texts that listings do not look at. */
  readonly settings: string;
  readonly created_at_ms: number;
};

/** A name and what it stands for. */
export type ModelTable = {
  readonly name: string;
  readonly manifest_id: number;
  readonly created_at_ms: number;
  readonly modified_at_ms: number;
};

/** A blob that a manifest refers to, once however often it does. */
export type ManifestBlobTable = {
  readonly manifest_id: number;
  readonly blob: string;
  readonly bytes: number;
};

/** How often a name was used, whether or not its model is stored here. */
export type ModelUseTable = {
  readonly name: string;
  readonly uses: number;
  readonly last_used_at_ms: number;
};

/** What the header of a file in place said. */
export type HeaderNoteTable = {
  readonly id: Generated<number>;
  /** Changes with the file's path, size and time. */
  readonly key: string;
  /** JSON. */
  readonly note: string;
};

/** A plugin that an administrator added. */
export type PluginTable = {
  readonly name: string;
  /** Hexadecimal, of the file; it is checked each time the plugin is loaded. */
  readonly sha256: string;
  readonly source: string;
  /** JSON, as are the three that follow; written and read by `plugin-host`. */
  readonly manifest: string;
  readonly grants: string;
  /** Holds secrets. */
  readonly config: string;
  readonly limits: string;
  readonly public_key: string | null;
  readonly enabled: number;
  readonly added_at_ms: number;
  readonly last_strike_at_ms: number | null;
  readonly quarantined_at_ms: number | null;
  /** JSON: code, message and when. */
  readonly last_error: string | null;
};

/** What a plugin keeps between calls. */
export type PluginKvTable = {
  readonly plugin: string;
  readonly key: string;
  readonly value: Uint8Array;
};

export type Tables = {
  readonly manifest: ManifestTable;
  readonly model: ModelTable;
  readonly manifest_blob: ManifestBlobTable;
  readonly model_use: ModelUseTable;
  readonly header_note: HeaderNoteTable;
  readonly plugin: PluginTable;
  readonly plugin_kv: PluginKvTable;
};

/** Where queries start. A transaction is one too. */
export type Queries = Kysely<Tables>;
