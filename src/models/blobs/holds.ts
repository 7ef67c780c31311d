import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError, ensureOwnFolder, errnoOf } from "../../base/index.ts";
import { hexOf, isDigest } from "./digest.ts";
import { type FileLock, lockFile, tryLockFile } from "./file-lock.ts";

// `<blobs>/holds` has a file per hold, `<owner>.<n>.json`, and for each owner a lock, `<owner>.lock`, which ends with
// its process. A hold whose owner's lock can be had is stale. Holds are made under the collection lock, so whoever
// has that sees each hold either whole or not yet there. A blob that has just come in is held by the process that brought
// it, as `<owner>.<n>.<pid>-<hex>.json`, until that process adds a manifest that refers to it.

const holdPattern = /^([0-9a-f]{24})\.\d+(?:\.(\d+)-([0-9a-f]{64}))?\.json$/;
const lockPattern = /^([0-9a-f]{24})\.lock$/;
const collectionWaitLimitMs = 120_000;
const ownerBytes = 12;
const privateMode = 0o600;
/** The oldest go first; who adds more blobs than this before naming any of them needs a hold of its own. */
const maxArrivals = 256;

export type Holder = {
  hold(digests: readonly string[]): Promise<AsyncDisposable>;
  /** Holds a blob that has just come in, for a while or until `forgetArrivals`. */
  holdArrival(digest: string): Promise<void>;
};

/** The right to remove blobs, and to add a hold; one owner among all processes. */
export async function lockCollection(folder: string): Promise<FileLock> {
  const path = join(folder, "collection.lock");
  try {
    return await lockFile(path, AbortSignal.timeout(collectionWaitLimitMs));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    const message = `${folder} has been busy for ${collectionWaitLimitMs / 1000} s; see what other hearth processes do, then try again`;
    throw new AppError("conflict", message, { cause: error });
  }
}

/** Makes holds for this process. */
export function createHolder(folder: string, { arrivalHoldMs }: { readonly arrivalHoldMs: number }): Holder {
  const holds = join(folder, "holds");
  const owner = Buffer.from(crypto.getRandomValues(new Uint8Array(ownerBytes))).toString("hex");
  const arrivals = new Set<() => void>();
  let lock: FileLock | undefined;
  let living = 0;
  let made = 0;

  async function add(digests: readonly string[], suffix: string): Promise<() => void> {
    for (const digest of digests) hexOf(digest);
    ensureOwnFolder(holds);
    using _ = await lockCollection(folder);
    lock ??= ownLock(join(holds, `${owner}.lock`));
    const path = join(holds, `${owner}.${made++}${suffix}.json`);
    writeFileSync(path, JSON.stringify(digests), { mode: privateMode });
    living++;
    return () => release(path);
  }

  function release(path: string): void {
    rmSync(path, { force: true });
    if (--living > 0) return;
    lock?.[Symbol.dispose]();
    lock = undefined;
  }

  return {
    async hold(digests) {
      const stack = new AsyncDisposableStack();
      stack.defer(await add(digests, ""));
      return stack;
    },
    async holdArrival(digest) {
      const letGo = await add([digest], `.${process.pid}-${hexOf(digest)}`);
      const end = () => {
        clearTimeout(timer);
        if (arrivals.delete(end)) letGo();
      };
      const timer = setTimeout(end, arrivalHoldMs);
      timer.unref();
      arrivals.add(end);
      const [oldest] = arrivals;
      if (arrivals.size > maxArrivals) oldest?.();
    },
  };
}

/** Digests that a living process holds; what dead ones left is removed. Under the collection lock only. */
export function readHeld(folder: string): ReadonlySet<string> {
  const holds = join(folder, "holds");
  const names = listNames(holds);
  const isLiving = new Map<string, boolean>();
  for (const name of names) {
    const owner = (holdPattern.exec(name) ?? lockPattern.exec(name))?.[1];
    if (owner !== undefined && !isLiving.has(owner))
      isLiving.set(owner, isOwned(join(holds, `${owner}.lock`)));
  }
  const held = new Set<string>();
  for (const name of names) {
    const owner = holdPattern.exec(name)?.[1];
    if (owner === undefined) continue;
    if (isLiving.get(owner)) for (const digest of readHold(join(holds, name))) held.add(digest);
    else rmSync(join(holds, name), { force: true });
  }
  return held;
}

/** Ends this process's holds of blobs that have come in: something refers to them now. Under the collection lock only. */
export function forgetArrivals(folder: string, digests: readonly string[]): void {
  const hexes = new Set(digests.map(hexOf));
  const holds = join(folder, "holds");
  for (const name of listNames(holds)) {
    const [, , pid, hex] = holdPattern.exec(name) ?? [];
    if (pid === String(process.pid) && hex !== undefined && hexes.has(hex))
      rmSync(join(holds, name), { force: true });
  }
}

function ownLock(path: string): FileLock {
  const lock = tryLockFile(path);
  if (lock) return lock;
  throw new AppError("server_error", `${path} is taken, though its name is random; try again`);
}

/** Whether a process has that lock; one that nobody has is removed. */
function isOwned(path: string): boolean {
  const lock = tryLockFile(path);
  lock?.[Symbol.dispose]();
  return lock === undefined;
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Nothing where the owner has just removed it. */
function readHold(path: string): readonly string[] {
  try {
    const digests: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Array.isArray(digests) ? digests.filter((digest) => isDigest(String(digest))) : [];
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
