import type { SkipReason } from "../index-types.ts";

/** A file below the root, or why one is left out. */
export type ListedEntry =
  | { readonly type: "file"; readonly source: string }
  | {
      readonly type: "skipped";
      readonly source: string;
      readonly reason: SkipReason;
      readonly detail: string;
    };

/** Files and folders that are listed in one run. */
export const maxEntries = 500_000;

/** Whether a path from another program stays below the folder it is taken from. */
export function isInner(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !path.split("/").some((part) => part === "..");
}
