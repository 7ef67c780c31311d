import { constants } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError, toDiskError } from "../../base/index.ts";
import type { BlobPart } from "./blob-store.ts";
import { hexOf } from "./digest.ts";
import { type FileLock, nextWait, pause, tryLockFile } from "./file-lock.ts";
import { openJournal, type PieceJournal } from "./piece-journal.ts";
import { arePieces, forgetPieces, type Piece, readPieces, writePieces } from "./piece-record.ts";
import { addPiece } from "./pieces.ts";
import { type FileDigest, hashFile } from "./read-chunks.ts";
import { writeFully } from "./write-fully.ts";

type CommitOptions = Parameters<BlobPart["commit"]>[0];

const firstWaitMs = 5;
const privateMode = 0o600;

/** Names of the files that belong to the part of a blob. */
export function partPaths(blobPath: string) {
  const part = `${blobPath}.part`;
  return { part, pieces: `${part}.json`, journal: `${part}.journal`, lock: `${part}.lock` };
}

/** See `BlobStore.openPart`. */
export async function openPart(
  blobPath: string,
  digest: string,
  signal: AbortSignal,
): Promise<BlobPart | undefined> {
  const paths = partPaths(blobPath);
  for (let waitMs = firstWaitMs; ; waitMs = nextWait(waitMs)) {
    signal.throwIfAborted();
    const lock = tryLockFile(paths.lock);
    try {
      if (await isFile(blobPath)) {
        lock?.[Symbol.dispose]();
        return undefined;
      }
      if (lock) return await PartFile.open(blobPath, digest, lock);
    } catch (error) {
      lock?.[Symbol.dispose]();
      throw toDiskError(`open ${paths.part}`, error);
    }
    await pause(waitMs, signal);
  }
}

function siblingOf(blobPath: string, digest: string): string {
  return join(dirname(blobPath), `sha256-${hexOf(digest)}`);
}

async function isFile(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() ?? false;
}

/**
 * Invariants: the record names only bytes that were synced before it was written; it is removed before bytes that it
 * names are, and before a new part takes the place of a lost one. So a kill at any moment loses work, never truth.
 */
class PartFile implements BlobPart {
  readonly path: string;
  readonly #blobPath: string;
  readonly #digest: string;
  readonly #file: FileHandle;
  readonly #lock: FileLock;
  readonly #journal: PieceJournal;
  #pieces: readonly Piece[];
  #recording: Promise<void> = Promise.resolve();
  #state: "open" | "committed" | "closed" = "open";

  private constructor(
    blobPath: string,
    digest: string,
    file: FileHandle,
    lock: FileLock,
    journal: PieceJournal,
    pieces: readonly Piece[],
  ) {
    this.path = partPaths(blobPath).part;
    this.#blobPath = blobPath;
    this.#digest = digest;
    this.#file = file;
    this.#lock = lock;
    this.#journal = journal;
    this.#pieces = pieces;
  }

  static async open(blobPath: string, digest: string, lock: FileLock): Promise<PartFile> {
    const paths = partPaths(blobPath);
    if (!(await isFile(paths.part))) {
      await rm(paths.journal, { force: true });
      await forgetPieces(paths.pieces, dirname(blobPath));
    }
    const file = await open(paths.part, constants.O_RDWR | constants.O_CREAT, privateMode);
    try {
      const { size } = await file.stat();
      const journal = openJournal(paths.journal, size);
      const pieces = journal.pieces.reduce(addPiece, await readPieces(paths.pieces, size));
      return new PartFile(blobPath, digest, file, lock, journal, pieces);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  async write(position: number, bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    try {
      await writeFully(this.#file, position, bytes);
    } catch (error) {
      throw toDiskError(`write ${this.path}`, error);
    }
  }

  note(piece: Piece): void {
    this.#checkOpen();
    try {
      this.#journal.note(piece);
    } catch (error) {
      throw toDiskError(`note a piece of ${this.path}`, error);
    }
  }

  checkpoint(pieces: readonly Piece[]): Promise<void> {
    const claimed = pieces.map(([start, end]): Piece => [start, end]);
    return this.#inTurn(() => this.#record(claimed));
  }

  reset(): Promise<void> {
    return this.#inTurn(() => this.#forget());
  }

  /** Records change one after another, in the order asked for. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#recording.then(change);
    this.#recording = done.catch(() => {});
    return done;
  }

  async #record(pieces: readonly Piece[]): Promise<void> {
    this.#checkOpen();
    try {
      const { size } = await this.#file.stat();
      if (!arePieces(pieces, size)) {
        const message = `pieces of ${this.path} must be sorted, disjoint and within its ${size} bytes`;
        throw new AppError("server_error", message);
      }
      await this.#file.datasync();
      await writePieces(partPaths(this.#blobPath).pieces, pieces);
      this.#journal.compact();
      this.#pieces = pieces;
    } catch (error) {
      throw toDiskError(`record the pieces of ${this.path}`, error);
    }
  }

  async #forget(): Promise<void> {
    this.#checkOpen();
    try {
      this.#pieces = [];
      this.#journal.clear();
      await forgetPieces(partPaths(this.#blobPath).pieces, dirname(this.#blobPath));
      await this.#file.truncate(0);
    } catch (error) {
      throw toDiskError(`empty ${this.path}`, error);
    }
  }

  async commit({ isProvisional = false, ...options }: CommitOptions): Promise<string> {
    this.#checkOpen();
    await this.#recording;
    const found = await this.#hash(options);
    const target = isProvisional ? siblingOf(this.#blobPath, found.digest) : this.#blobPath;
    if (!isProvisional && found.digest !== this.#digest) {
      await this.reset();
      const message = `${found.bytes} bytes came for ${this.#digest} but they are ${found.digest}; they were dropped, fetch it again`;
      throw new AppError("model_corrupted", message);
    }
    try {
      await this.#file.sync();
      await rename(this.path, target);
      this.#state = "committed";
      this.#journal.clear();
      await forgetPieces(partPaths(this.#blobPath).pieces, dirname(this.#blobPath));
    } catch (error) {
      throw toDiskError(`finish ${target}`, error);
    }
    return found.digest;
  }

  async #hash({ hashed, ...options }: CommitOptions): Promise<FileDigest> {
    if (hashed === undefined) return hashFile(this.#file, options);
    return { digest: hashed, bytes: (await this.#file.stat()).size };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "closed") return;
    const isEmpty = this.#state === "open" && this.#pieces.length + this.#journal.pieces.length === 0;
    this.#state = "closed";
    try {
      await this.#recording;
      this.#journal.close();
      await this.#file.close();
      if (isEmpty) await this.#removeFiles();
    } finally {
      this.#lock[Symbol.dispose]();
    }
  }

  async #removeFiles(): Promise<void> {
    this.#journal.clear();
    await forgetPieces(partPaths(this.#blobPath).pieces, dirname(this.#blobPath));
    await rm(this.path, { force: true });
  }

  #checkOpen(): void {
    if (this.#state === "open") return;
    throw new AppError("server_error", `${this.path} was used after it was ${this.#state}`);
  }
}
