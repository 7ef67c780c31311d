/** Why a file was not taken. */
export const skipReasons = [
  /** Left out by a pattern, or by what is never worth searching: lock files, minified code. */
  "ignored",
  /** Links are not followed: what they lead to inside the folder is indexed where it is. */
  "link",
  "not_a_file",
  "binary",
  "too_large",
  "unreadable",
  /** It was there when the folder was listed. */
  "vanished",
  "empty",
  /** The collection did not take it. */
  "refused",
] as const;
export type SkipReason = (typeof skipReasons)[number];

export type IndexRequest = {
  /** A path, or an http(s) address of one page. */
  readonly source: string;
  readonly collection: string;
  /** Of a collection that this makes, or one that is empty; another one for a full collection is a conflict. Null: words only. */
  readonly embeddingModel?: string | null;
  readonly label?: "local" | "any";
  /** Patterns of paths from the root; one without a slash is looked for in every folder. Absent: all. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly maxFileBytes?: number;
};

export type IndexProgress = {
  /** Files that were looked at. */
  readonly files: number;
  readonly chunks: number;
  /** The last one. */
  readonly source: string;
};

export type SkippedFile = { readonly source: string; readonly reason: SkipReason; readonly detail: string };

export type IndexReport = {
  readonly collection: string;
  /** The real path of what was indexed, or its address. */
  readonly root: string;
  /** How the files were found. */
  readonly listedBy: "git" | "walk" | "name" | "address";
  readonly seen: number;
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly removed: number;
  /** Folders around the root that were indexed before, and how many of its files are documents of theirs. */
  readonly keptBy: readonly { readonly root: string; readonly files: number }[];
  readonly skipped: Readonly<Record<SkipReason, number>>;
  /** The first of those that were skipped for what they are, not for a pattern. */
  readonly problems: readonly SkippedFile[];
  /** Of the documents that were added or replaced. */
  readonly chunks: number;
  readonly bytes: number;
  readonly durationMs: number;
};

export type IndexOptions = {
  readonly onProgress?: (progress: IndexProgress) => void;
  readonly signal: AbortSignal;
};

export const defaultMaxFileBytes = 16_777_216;
export const largestMaxFileBytes = 268_435_456;
