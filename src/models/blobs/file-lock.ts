import { constants, Database } from "bun:sqlite";
import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError, errnoOf } from "../../base/index.ts";

/** Disposing it removes the file and lets the next one in. */
export type FileLock = Disposable;

const firstWaitMs = 2;
const longestWaitMs = 100;
const privateMode = 0o600;
const fileControlBytes = 8;

/**
 * Locks an empty file against every process, and against this one; undefined where somebody has it. The lock is the
 * kernel's, taken the way SQLite takes it, so it ends with its process whatever kills that, in every PID namespace.
 * Nobody else may open the file in a process that holds it: closing any descriptor of it would drop the lock.
 */
export function tryLockFile(path: string): FileLock | undefined {
  const connection = openConnection(path);
  try {
    connection.run("pragma journal_mode = memory");
    connection.run("begin exclusive");
  } catch (error) {
    connection.close();
    if (String(errnoOf(error)).startsWith("SQLITE_BUSY")) return undefined;
    throw toLockError(path, error);
  }
  if (hasMoved(connection)) {
    connection.close();
    return undefined;
  }
  let isHeld = true;
  return {
    [Symbol.dispose]() {
      if (!isHeld) return;
      isHeld = false;
      rmSync(path, { force: true });
      connection.close();
    },
  };
}

/** Waits for the lock until it comes or the signal aborts. */
export async function lockFile(path: string, signal: AbortSignal): Promise<FileLock> {
  for (let waitMs = firstWaitMs; ; waitMs = nextWait(waitMs)) {
    signal.throwIfAborted();
    const lock = tryLockFile(path);
    if (lock) return lock;
    await pause(waitMs, signal);
  }
}

/** The wait after a vain try: longer each time, up to a bound. */
export function nextWait(waitMs: number): number {
  return Math.min(waitMs * 2, longestWaitMs);
}

/** Sleeps; throws the signal's reason once that aborts. */
export async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}

function openConnection(path: string): Database {
  try {
    createPrivately(path);
    return new Database(path, { create: true, readwrite: true });
  } catch (error) {
    throw toLockError(path, error);
  }
}

/** Opens the file only if it is new, and nobody can hold a lock on it yet. */
function createPrivately(path: string): void {
  try {
    writeFileSync(path, "", { flag: "wx", mode: privateMode });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

/** Whether the file that was locked is no longer the one at that path: its last owner removed it in between. */
function hasMoved(connection: Database): boolean {
  const answer = new Int32Array(fileControlBytes / Int32Array.BYTES_PER_ELEMENT);
  connection.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, answer);
  return answer[0] !== 0;
}

function toLockError(path: string, error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `cannot lock ${path}: ${reason}; check that the folder can be written and is on a disk with locks`;
  return new AppError("server_error", message, { cause: error });
}
