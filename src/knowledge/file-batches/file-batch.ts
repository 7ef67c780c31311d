import type { JsonObject } from "../../contract/index.ts";

export const batchStatuses = ["in_progress", "completed", "failed", "cancelled"] as const;
/** Of a batch, and of each of its files. */
export type BatchStatus = (typeof batchStatuses)[number];

/** Files of a batch by what became of them. */
export type FileCounts = Readonly<Record<BatchStatus, number>>;

/** Files that are put into a collection one after the other, in the order in which they were given. */
export type FileBatch = {
  readonly id: string;
  readonly collection: string;
  /** `failed` where no file of it was taken. */
  readonly status: BatchStatus;
  readonly counts: FileCounts;
  readonly createdAtMs: number;
};

export type BatchFileError = {
  /** `unsupported_file` is one of a kind that is not read, `invalid_file` one that is at fault itself. */
  readonly code: "server_error" | "unsupported_file" | "invalid_file";
  readonly message: string;
};

export type BatchFile = {
  readonly fileId: string;
  readonly attributes: JsonObject;
  readonly status: BatchStatus;
  readonly error?: BatchFileError;
};

/** What became of a file. */
export type BatchFileEnd =
  | { readonly status: "completed" }
  | { readonly status: "failed"; readonly error: BatchFileError };

export type NewFileBatch = {
  readonly tenant: string;
  readonly collection: string;
  readonly files: readonly { readonly fileId: string; readonly attributes: JsonObject }[];
};

/** One batch of a tenant: those of others are not found. */
export type BatchKey = { readonly tenant: string; readonly collection: string; readonly id: string };

export type BatchFilePage = {
  readonly limit: number;
  /** Id of the last file of the page before. */
  readonly after?: string;
  readonly status?: BatchStatus;
};

/** A file that waits to be put into a collection, or was not put into it. */
export type UnfinishedFile = BatchFile & { readonly createdAtMs: number };

/** Of the batches of one tenant. */
export type UnfinishedPage = Omit<BatchKey, "id"> & BatchFilePage & { readonly fileId?: string };

/** A file whose turn has come. */
export type NextFile = {
  readonly batchNumber: number;
  readonly batchId: string;
  readonly tenant: string;
  readonly collection: string;
  readonly collectionId: number;
  readonly position: number;
  readonly fileId: string;
  readonly attributes: JsonObject;
};
