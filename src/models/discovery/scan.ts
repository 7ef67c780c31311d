/**
 * Walks folders that other programs, or other people, fill. Nothing is opened: entries are looked at by name and status,
 * so that pipes, devices, loops and enormous trees cost little. A scan has one budget over all its folders.
 */
import type { Dirent } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";

const maxEntries = 200_000;
const maxScanMs = 20_000;
const maxDirectories = 20_000;
const maxProblems = 200;
/** Entries that are asked for at once. */
const batchEntries = 256;

/** A file or folder that could not be taken, and why. */
export type DiscoveryProblem = { readonly path: string; readonly reason: string };

export type FoundFile = {
  readonly path: string;
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
};

export type Scan = {
  readonly problems: readonly DiscoveryProblem[];
  report(path: string, reason: string): void;
  /** Counts an entry; false once the scan has used up its entries or its time. Throws where it was aborted. */
  spend(path: string): boolean;
};

export type ScanOptions = {
  readonly signal?: AbortSignal;
  readonly maxEntries?: number;
  readonly maxMs?: number;
};

export function createScan(options: ScanOptions = {}): Scan {
  const problems: DiscoveryProblem[] = [];
  const limit = options.maxEntries ?? maxEntries;
  const endMs = performance.now() + (options.maxMs ?? maxScanMs);
  let entries = 0;
  let isOver = false;
  const report = (path: string, reason: string): void => {
    if (problems.length < maxProblems) problems.push({ path, reason });
  };
  return {
    problems,
    report,
    spend(path) {
      options.signal?.throwIfAborted();
      entries += 1;
      if (isOver) return false;
      isOver = entries > limit || performance.now() > endMs;
      if (isOver) report(path, `the scan ended here, after ${entries} entries; give a smaller folder`);
      return !isOver;
    },
  };
}

export type WalkOptions = {
  /** Levels of folders below the first. */
  readonly maxDepth: number;
  readonly isWanted: (name: string) => boolean;
};

/** Regular files of wanted names below a folder, links followed, sorted by path. A folder that is absent has none. */
export async function findFiles(scan: Scan, root: string, options: WalkOptions): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const visited = new Set<string>();
  const waiting = [{ folder: root, depth: 0 }];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { folder, depth } = next;
    if (!(await isNewFolder(scan, folder, visited))) continue;
    for await (const listed of listEntries(scan, folder)) {
      const { name } = listed;
      const path = join(folder, name);
      if (!scan.spend(path)) return sortByPath(found);
      const isWanted = options.isWanted(name);
      const isPassedOver = depth >= options.maxDepth || name.startsWith(".") || listed.isFile();
      if (!isWanted && isPassedOver) continue;
      const entry = await look(scan, path);
      if (entry?.isDirectory()) {
        if (depth < options.maxDepth) waiting.push({ folder: path, depth: depth + 1 });
      } else if (entry?.isFile() && isWanted) {
        found.push({ path, folder, name, bytes: entry.size, modifiedAtMs: entry.mtimeMs });
      } else if (entry !== undefined && isWanted) {
        scan.report(path, "it is a pipe, a device or a socket, not a file");
      }
    }
  }
  return sortByPath(found);
}

function sortByPath(found: FoundFile[]): FoundFile[] {
  return found.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** False for a folder that is absent, or was reached before by another way. */
async function isNewFolder(scan: Scan, folder: string, visited: Set<string>): Promise<boolean> {
  const status = await look(scan, folder);
  if (!status?.isDirectory()) return false;
  const identity = `${status.dev}:${status.ino}`;
  if (visited.has(identity)) return false;
  if (visited.size >= maxDirectories) {
    scan.report(folder, `the scan ended here, after ${maxDirectories} folders`);
    return false;
  }
  visited.add(identity);
  return true;
}

async function look(scan: Scan, path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") scan.report(path, reasonOf(error));
    return undefined;
  }
}

async function* listEntries(scan: Scan, folder: string): AsyncGenerator<Dirent> {
  try {
    for await (const entry of await opendir(folder, { bufferSize: batchEntries })) yield entry;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    scan.report(folder, reasonOf(error));
  }
}

/** The system's name for what went wrong; undefined for errors that are none of the file system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

export function reasonOf(error: unknown): string {
  const reasons: Readonly<Record<string, string>> = {
    EACCES: "this user may not read it",
    EPERM: "this user may not read it",
    ELOOP: "its links go round in a circle",
    ENAMETOOLONG: "its path is too long",
  };
  const known = reasons[codeOf(error) ?? ""];
  return known ?? (error instanceof Error ? error.message : String(error));
}
