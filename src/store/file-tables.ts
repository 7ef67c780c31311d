/** A file that a client uploaded; its content lies beside the database under its id. */
export type FileTable = {
  readonly id: string;
  readonly tenant: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly created_at_ms: number;
};

/** Files that clients upload. */
export type FileTables = { readonly file: FileTable };
