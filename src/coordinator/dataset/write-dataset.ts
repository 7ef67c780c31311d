import { createHash } from "node:crypto";
import { lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../../base/index.ts";

/** Of one file. */
export const maxFileRows = 1_000;
export const manifestName = "manifest.json";
const folderMode = 0o700;
const fileMode = 0o600;

export type DatasetFile = {
  readonly name: string;
  readonly split: "train" | "validation";
  readonly rows: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
};

type Lines = { readonly [Split in DatasetFile["split"]]: readonly string[] };

/** Throws AppError conflict for a folder that has something in it already, invalid_request for what is no folder. */
export async function requireFreeFolder(folder: string): Promise<void> {
  const status = await lstat(folder).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw toWriteError(error, folder);
  });
  if (!status) return;
  if (!status.isDirectory()) {
    throw new AppError("invalid_request", `${folder} is no folder; name one that is not there yet`);
  }
  if ((await readdir(folder)).length === 0) return;
  const message = `${folder} has files in it, and an export overwrites nothing; name a folder that is not there yet`;
  throw new AppError("conflict", message);
}

/**
 * Writes the lines to files of at most 1,000 and, last, the manifest that `describe` makes of them. The folder appears
 * with all of it or not at all: it is built under another name beside, synced, and renamed.
 */
export async function writeDataset(
  folder: string,
  lines: Lines,
  describe: (files: readonly DatasetFile[]) => object,
  signal: AbortSignal,
): Promise<void> {
  const whole = resolve(folder);
  await requireFreeFolder(whole);
  const part = join(dirname(whole), `.${basename(whole)}.${crypto.randomUUID()}.part`);
  try {
    await mkdir(dirname(whole), { recursive: true, mode: folderMode });
    await mkdir(part, { mode: folderMode });
    const files: DatasetFile[] = [];
    for (const split of ["train", "validation"] as const)
      for (const [index, text] of toTexts(lines[split]).entries()) {
        signal.throwIfAborted();
        const name = `${split}-${String(index + 1).padStart(4, "0")}.jsonl`;
        const { bytes, sha256 } = await writeSynced(join(part, name), text.text);
        files.push({ name, split, rows: text.rows, bytes, sha256 });
      }
    await writeSynced(join(part, manifestName), `${JSON.stringify(describe(files), undefined, 2)}\n`);
    await syncFolder(part);
    signal.throwIfAborted();
    await rename(part, whole);
    await syncFolder(dirname(whole));
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    signal.throwIfAborted();
    throw toWriteError(error, folder);
  }
}

function toTexts(lines: readonly string[]): readonly { readonly text: string; readonly rows: number }[] {
  return Array.from({ length: Math.ceil(lines.length / maxFileRows) }, (_, index) => {
    const own = lines.slice(index * maxFileRows, (index + 1) * maxFileRows);
    return { text: own.join(""), rows: own.length };
  });
}

async function writeSynced(path: string, text: string): Promise<Pick<DatasetFile, "bytes" | "sha256">> {
  const content = Buffer.from(text);
  await using file = await open(path, "wx", fileMode);
  await file.writeFile(content);
  await file.sync();
  return { bytes: content.byteLength, sha256: createHash("sha256").update(content).digest("hex") };
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function toWriteError(cause: unknown, folder: string): unknown {
  if (cause instanceof AppError) return cause;
  const code = codeOf(cause);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const message = `the disk of ${folder} is full; free some space, or name a folder on another one`;
    return new AppError("disk_full", message, { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${folder} cannot be written: ${reason}; name a folder that can be`;
  return new AppError("invalid_request", message, { cause });
}
