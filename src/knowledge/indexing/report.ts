import type { IndexReport, SkippedFile, SkipReason } from "./index-types.ts";

const maxProblems = 100;
const maxDetailChars = 300;

/** Counts of a run as it goes. */
export type Tally = {
  readonly counts: Record<
    "seen" | "added" | "replaced" | "unchanged" | "removed" | "chunks" | "bytes",
    number
  >;
  skip(file: SkippedFile): void;
  /** A file that belongs to this folder around the root. */
  noteOuter(root: string): void;
  toReport(of: Pick<IndexReport, "collection" | "root" | "listedBy" | "durationMs">): IndexReport;
};

export function createTally(): Tally {
  const counts = { seen: 0, added: 0, replaced: 0, unchanged: 0, removed: 0, chunks: 0, bytes: 0 };
  const skipped: Record<SkipReason, number> = {
    ...{ ignored: 0, link: 0, not_a_file: 0, binary: 0, too_large: 0 },
    ...{ unreadable: 0, vanished: 0, empty: 0, refused: 0 },
  };
  const problems: SkippedFile[] = [];
  const outer = new Map<string, number>();
  return {
    counts,
    skip({ source, reason, detail }) {
      skipped[reason] += 1;
      if (reason === "ignored" || problems.length >= maxProblems) return;
      problems.push({ source, reason, detail: detail.slice(0, maxDetailChars) });
    },
    noteOuter: (root) => void outer.set(root, (outer.get(root) ?? 0) + 1),
    toReport: (of) => ({
      ...of,
      ...counts,
      keptBy: [...outer].map(([root, files]) => ({ root, files })),
      skipped: { ...skipped },
      problems: [...problems],
    }),
  };
}
