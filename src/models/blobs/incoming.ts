import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError, createId } from "../../base/index.ts";
import { hexOf } from "./digest.ts";
import { type FileLock, tryLockFile } from "./file-lock.ts";
import { syncFolder } from "./sync-folder.ts";

const maxAttempts = 10;

/** A file on its way in whose digest is not known yet. Disposing it removes what was not kept. */
export type Incoming = AsyncDisposable & {
  readonly path: string;
  /** Gives the synced file its name; "present" where a blob of that digest is there already. */
  keep(digest: string): Promise<"kept" | "present">;
};

/** Its lock tells `gc` that somebody is at work on it. */
export function createIncoming(folder: string): Incoming {
  const { path, lock } = claimName(folder);
  return {
    path,
    async keep(digest) {
      const target = join(folder, `sha256-${hexOf(digest)}`);
      const status = await stat(target).catch(() => undefined);
      if (status?.isFile()) return "present";
      await rename(path, target);
      await syncFolder(folder);
      return "kept";
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { force: true });
      lock[Symbol.dispose]();
    },
  };
}

/** A new name with its lock; `gc` may get hold of the lock first, if only for a moment: then another name will do. */
function claimName(folder: string): { readonly path: string; readonly lock: FileLock } {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const path = join(folder, `${createId("incoming")}.part`);
    const lock = tryLockFile(`${path}.lock`);
    if (lock) return { path, lock };
  }
  throw new AppError("server_error", `no new file in ${folder} can be locked; check which disk it is on`);
}
