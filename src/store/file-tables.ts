import type { Generated } from "kysely";

/** A file that a client uploaded; its content lies beside the database under its id. */
export type FileTable = {
  readonly id: string;
  readonly tenant: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly created_at_ms: number;
};

/** Files that are put into a collection together, behind the reply. */
export type FileBatchTable = {
  /** Grows with every row, whatever the clock does. */
  readonly number: Generated<number>;
  readonly id: string;
  readonly tenant: string;
  readonly collection: string;
  /** A collection that was made later under the same name is another one. */
  readonly collection_id: number;
  /** `in_progress`, `completed`, `failed` or `cancelled`, as that of an item. */
  readonly status: string;
  /** Process that works on it; null where none does. */
  readonly owner: number | null;
  /** When the owner was last at work on it. */
  readonly touched_at_ms: number;
  readonly created_at_ms: number;
};

export type FileBatchItemTable = {
  readonly batch_number: number;
  readonly position: number;
  readonly file_id: string;
  /** JSON. */
  readonly attributes: string;
  readonly status: string;
  /** Null unless it failed, as is the message. */
  readonly error_code: string | null;
  readonly error_message: string | null;
};

/** Files that clients upload, and batches of them. */
export type FileTables = {
  readonly file: FileTable;
  readonly file_batch: FileBatchTable;
  readonly file_batch_item: FileBatchItemTable;
};
