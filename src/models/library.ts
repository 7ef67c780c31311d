import type { AppError } from "../base/index.ts";
import type { PullProgress } from "./pull/progress-feed.ts";
import type { ModelRecord, ModelSettings } from "./record.ts";
import type { RemoteModel } from "./remote-model.ts";

/** Progress of a pull, a creation or another long work, one after another; its model comes last. */
export type WorkEvent = PullProgress | { readonly type: "done"; readonly record: ModelRecord };

export type CreateRequest = {
  readonly name: string;
  /** A model to start from, or files: name to blob digest (`sha256:…`). */
  readonly from?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly adapters?: Readonly<Record<string, string>>;
  /** What is said here replaces what `from` had. */
  readonly settings: ModelSettings;
};

export type RemoveResult = { readonly freedBytes: number; readonly removedBlobs: number };

export type VerifyResult = {
  readonly digest: string;
  readonly bytes: number;
  readonly state: "ok" | "missing" | "changed";
  /** Names that need it. */
  readonly names: readonly string[];
};

/** Every model at hand, and the ways to get, change and remove them. Names are canonicalised; errors are AppErrors. */
export type ModelLibrary = {
  /** Names of the models that the configuration gives, in its order. */
  readonly configured: readonly string[];
  /** Built in, configured, stored, and found among the files of other programs; sorted by name. */
  list(): Promise<readonly ModelRecord[]>;
  /** Files that the last listing met in folders and could not use. */
  /** Why stored models are missing and nothing can be stored: the database is damaged. */
  damage(): AppError | undefined;
  problems(): readonly { readonly path: string; readonly reason: string }[];
  find(name: string): Promise<ModelRecord | undefined>;
  /** Reads what a model is that is not here, from its headers alone. */
  inspect(reference: string, options: { readonly signal: AbortSignal }): Promise<RemoteModel>;
  /** Leaving the iteration, or an abort, stops the pull and keeps what was downloaded. */
  pull(reference: string, options: { readonly signal: AbortSignal }): AsyncIterable<WorkEvent>;
  create(request: CreateRequest, options: { readonly signal: AbortSignal }): AsyncIterable<WorkEvent>;
  /** `reference` mode records the path and leaves the file where it is. */
  import(
    path: string,
    options: { readonly name?: string; readonly inPlace: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<WorkEvent>;
  copy(from: string, to: string): Promise<void>;
  /** Throws model_not_found; forbidden for a model that another program owns or that is built in. */
  remove(name: string): Promise<RemoveResult>;
  /** Frees blobs that no model refers to and nobody is fetching, and parts left alone for a week (`all`: every part). */
  collectGarbage(options: { readonly all: boolean }): Promise<RemoveResult>;
  /** Hashes every blob, or those of some names, again. */
  verify(names: readonly string[], options: { readonly signal: AbortSignal }): AsyncIterable<VerifyResult>;
  /** For each stored name what removing it would free, and what it shares with others, in bytes. */
  measure(): Promise<ReadonlyMap<string, { readonly ownBytes: number; readonly sharedBytes: number }>>;
  /** Counts a use; written with others a little later. */
  recordUse(name: string): void;
  hasBlob(digest: string): Promise<boolean>;
  writeBlob(digest: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};
