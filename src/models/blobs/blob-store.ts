/** Content-addressed files under `<home>/models/blobs`, named `sha256-<hex>`. A name appears only once the bytes are verified. */
export type BlobStore = {
  readonly folder: string;
  pathOf(digest: string): string;
  /** Size of a blob that is there; undefined where it is not. */
  size(digest: string): Promise<number | undefined>;
  /** Keeps blobs that nothing refers to yet from `gc` and `rm` of every process, until disposed or this process ends. */
  hold(digests: readonly string[]): Promise<AsyncDisposable>;
  /**
   * The unfinished file of a blob, for one writer among all processes: waits for the other one. Undefined where the
   * blob is there by then. What was written before stays, also after a kill.
   */
  openPart(digest: string, signal: AbortSignal): Promise<BlobPart | undefined>;
  /** Writes a stream, hashing it; refuses with model_corrupted where `expected` is another digest. Returns the digest. */
  write(
    bytes: AsyncIterable<Uint8Array>,
    options: { readonly expected?: string; readonly signal: AbortSignal; readonly maxBytes: number },
  ): Promise<{ readonly digest: string; readonly bytes: number }>;
  /** Takes a file in by hard link, reflink or copy, whichever works first; hashes it. */
  take(
    path: string,
    options: { readonly signal: AbortSignal; readonly onProgress?: (bytes: number) => void },
  ): Promise<{
    readonly digest: string;
    readonly bytes: number;
    readonly how: "present" | "hard-link" | "reflink" | "copy";
  }>;
};

/** An unfinished blob, `sha256-<hex>.part`, with the pieces that it has so far kept beside it. */
export type BlobPart = AsyncDisposable & {
  readonly path: string;
  /** Byte ranges that are on disk, sorted and disjoint; ends are exclusive. */
  readonly pieces: readonly (readonly [start: number, end: number])[];
  /** Writes at a position. Not yet counted as there until `note` or `checkpoint`. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** Says that a written piece is there, without syncing: it outlives this process, though not the machine. */
  note(piece: readonly [start: number, end: number]): void;
  /** Syncs what was written, then records `pieces`; these and what was noted are taken as there after a kill. */
  checkpoint(pieces: readonly (readonly [start: number, end: number])[]): Promise<void>;
  /** Forgets everything, such as after a wrong digest. */
  reset(): Promise<void>;
  /**
   * Verifies the digest of the whole, syncs and renames; returns it. Throws model_corrupted (and resets) where it is
   * another one.
   */
  commit(options: {
    /** The digest of the whole, where the writer has hashed it as it came; nothing is read again then. */
    readonly hashed?: string;
    /** The part's name was made up, as its digest was not known: it becomes the blob of the digest that it has. */
    readonly isProvisional?: boolean;
    readonly signal: AbortSignal;
    readonly onProgress?: (bytes: number) => void;
  }): Promise<string>;
};
