import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { syncFolder } from "./sync-folder.ts";

/** A byte range that is on disk; the end is exclusive. */
export type Piece = readonly [start: number, end: number];

const maxRecordBytes = 4 << 20;
const privateMode = 0o600;

/** Whether pieces are sorted, disjoint, not empty, and within a file of that many bytes. */
export function arePieces(value: unknown, fileBytes: number): value is readonly Piece[] {
  if (!Array.isArray(value)) return false;
  const pieces: readonly unknown[] = value;
  let last = 0;
  return pieces.every((piece) => {
    if (!Array.isArray(piece) || piece.length !== 2) return false;
    const [start, end]: readonly unknown[] = piece;
    if (!isOffset(start) || !isOffset(end)) return false;
    const fits = start >= last && end > start && end <= fileBytes;
    last = end;
    return fits;
  });
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** What a record says of a file of that many bytes; nothing where it is missing, cut off or does not fit the file. */
export async function readPieces(path: string, fileBytes: number): Promise<readonly Piece[]> {
  try {
    if ((await stat(path)).size > maxRecordBytes) return [];
    const record: unknown = JSON.parse(await readFile(path, "utf8"));
    const pieces = typeof record === "object" && record !== null && "pieces" in record ? record.pieces : [];
    return arePieces(pieces, fileBytes) ? pieces : [];
  } catch {
    return [];
  }
}

/** Replaces the record as a whole. The bytes that it speaks of must be on disk before. */
export async function writePieces(path: string, pieces: readonly Piece[]): Promise<void> {
  const temporary = `${path}.new`;
  {
    await using file = await open(temporary, "w", privateMode);
    await file.writeFile(JSON.stringify({ pieces }));
    await file.datasync();
  }
  await rename(temporary, path);
}

/** Takes back every claim, durably: only then may the bytes go. */
export async function forgetPieces(path: string, folder: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(folder);
}
