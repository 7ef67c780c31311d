import { type IndexReport, type SkipReason, skipReasons } from "../../knowledge/index.ts";
import { formatBytes, oneLine } from "../table.ts";

const maxShownProblems = 10;
const msPerSecond = 1_000;
const reasonTexts: Readonly<Record<SkipReason, string>> = {
  ignored: "left out",
  link: "links",
  not_a_file: "no files",
  binary: "binary",
  too_large: "too large",
  unreadable: "unreadable",
  vanished: "vanished",
  empty: "empty",
  refused: "refused",
};

/** The report for machines. */
export function toReportBody(report: IndexReport) {
  const { collection, root, listedBy, seen, added, replaced, unchanged, removed } = report;
  const { keptBy, skipped, problems, chunks, bytes, durationMs } = report;
  return {
    ...{ object: "index_report", collection, root, listed_by: listedBy },
    ...{ seen, added, replaced, unchanged, removed, kept_by: keptBy, skipped, problems, chunks, bytes },
    duration_ms: Math.round(durationMs),
  };
}

/** The report for a person: what changed, then what was passed over and why. */
export function formatReport(report: IndexReport): string {
  const { collection, root, added, replaced, unchanged, removed, chunks, bytes, durationMs } = report;
  const seconds = (durationMs / msPerSecond).toFixed(1);
  const counts = `${added} added, ${replaced} replaced, ${removed} removed, ${unchanged} unchanged`;
  const lines = [
    `${collection}: ${counts}`,
    `${chunks} chunks of ${formatBytes(bytes)} from ${oneLine(root)} in ${seconds} s`,
    ...describeKept(report),
    ...describeSkipped(report),
    ...describeProblems(report),
  ];
  return `${lines.join("\n")}\n`;
}

function describeKept({ keptBy }: IndexReport): readonly string[] {
  return keptBy.map(({ root, files }) => {
    const whose = files === 1 ? "1 file belongs" : `${files} files belong`;
    return `${whose} to ${oneLine(root)}, which was indexed before`;
  });
}

function describeSkipped({ skipped }: IndexReport): readonly string[] {
  const counts = skipReasons.filter((reason) => skipped[reason] > 0);
  if (counts.length === 0) return [];
  return [`skipped: ${counts.map((reason) => `${skipped[reason]} ${reasonTexts[reason]}`).join(", ")}`];
}

function describeProblems({ problems }: IndexReport): readonly string[] {
  const shown = problems.slice(0, maxShownProblems);
  const hidden = problems.length - shown.length;
  return [
    ...shown.map(({ source, detail }) => `  ${oneLine(source)}: ${oneLine(detail)}`),
    ...(hidden > 0 ? [`  and ${hidden} more; --json has them`] : []),
  ];
}
