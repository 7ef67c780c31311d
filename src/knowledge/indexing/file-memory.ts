import type { FileStamp } from "./sources/read-file.ts";

/** A file that changed so lately may change again without a new time. */
const settledMs = 2_000;
const maxFiles = 500_000;

/** What was found in files, so that one that was not touched since is not read again. For one root and one process. */
export type FileMemory = {
  /** The hash of a file that is as it was; undefined where it must be read. */
  find(source: string, stamp: FileStamp): string | undefined;
  note(source: string, stamp: FileStamp, contentHash: string): void;
};

export function createFileMemory(now: () => number): FileMemory {
  const files = new Map<string, FileStamp & { readonly contentHash: string }>();
  return {
    find(source, stamp) {
      const known = files.get(source);
      const isSame =
        known?.bytes === stamp.bytes &&
        known.modifiedAtMs === stamp.modifiedAtMs &&
        known.inode === stamp.inode;
      return isSame ? known?.contentHash : undefined;
    },
    note(source, stamp, contentHash) {
      const age = now() - stamp.modifiedAtMs;
      if (age < settledMs || (files.size >= maxFiles && !files.has(source))) files.delete(source);
      else files.set(source, { ...stamp, contentHash });
    },
  };
}
