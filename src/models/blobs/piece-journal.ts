import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { Piece } from "./piece-record.ts";
import { addPiece } from "./pieces.ts";

/**
 * Pieces of a part that were written since its last checkpoint, a line each, added after the bytes and never synced.
 * The system keeps both when the process dies, so nothing is lost to a kill; when the machine stops it may keep one
 * without the other, so a journal of another boot is not believed.
 */
export type PieceJournal = {
  readonly pieces: readonly Piece[];
  note(piece: Piece): void;
  /** Replaces the file by the shortest that says the same. */
  compact(): void;
  /** Forgets everything and removes the file; another note begins a new one. */
  clear(): void;
  close(): void;
};

const maxJournalBytes = 32 << 20;
const privateMode = 0o600;
const bootIdPath = "/proc/sys/kernel/random/boot_id";

/** Opens the journal of a part that has that many bytes. */
export function openJournal(path: string, fileBytes: number, bootId = readBootId()): PieceJournal {
  let pieces = readJournal(path, fileBytes, bootId);
  let descriptor: number | undefined;

  function close(): void {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }

  function compact(): void {
    close();
    const temporary = `${path}.new`;
    const lines = pieces.map(([start, end]) => `${start} ${end}\n`);
    writeFileSync(temporary, `${bootId}\n${lines.join("")}`, { mode: privateMode });
    renameSync(temporary, path);
    descriptor = openSync(path, "a");
  }

  return {
    get pieces() {
      return pieces;
    },
    note(piece) {
      pieces = addPiece(pieces, piece);
      if (descriptor === undefined) compact();
      else writeSync(descriptor, `${piece[0]} ${piece[1]}\n`);
    },
    compact() {
      if (descriptor !== undefined) compact();
    },
    clear() {
      close();
      pieces = [];
      rmSync(path, { force: true });
    },
    close,
  };
}

/** The last line may be cut off; whatever is not a range of the file is passed over. */
function readJournal(path: string, fileBytes: number, bootId: string): readonly Piece[] {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status?.isFile() || status.size > maxJournalBytes) return [];
  const [boot, ...lines] = readFileSync(path, "latin1").split("\n").slice(0, -1);
  if (boot !== bootId) return [];
  let pieces: readonly Piece[] = [];
  for (const line of lines) {
    const [, first, last] = /^(\d{1,15}) (\d{1,15})$/.exec(line) ?? [];
    const [start, end] = [Number(first), Number(last)];
    if (start < end && end <= fileBytes) pieces = addPiece(pieces, [start, end]);
  }
  return pieces;
}

/** Names the time since the machine was started; where the system has no such name, every journal is believed. */
function readBootId(): string {
  try {
    return readFileSync(bootIdPath, "latin1").trim();
  } catch {
    return "unknown";
  }
}
