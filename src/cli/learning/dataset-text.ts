import { type DatasetReport, listAdvice, type ReasonLeftOut } from "../../coordinator/index.ts";
import { formatTable, oneLine } from "../table.ts";

const reasonTexts: Readonly<Record<ReasonLeftOut, string>> = {
  without_consent: "without consent",
  private: "may not leave this machine",
  not_successful: "outcome is no success",
  outcome_unconfirmed: "outcome only inferred",
  below_value: "below the value",
  text_not_kept: "text not kept",
  text_cut: "text kept in part",
  beyond_max_rows: "beyond the most rows",
  blank: "blank",
  not_scrubbed: "could not be scrubbed",
  duplicates: "near-duplicates",
};

/** What would bring rows of this reason in. */
const remedies: Readonly<Partial<Record<ReasonLeftOut, string>>> = {
  without_consent: 'clients consent with "hearth": {"consent": true} in a request',
  not_successful: "POST /v1/interactions/ID/outcome says that an answer was a success",
  outcome_unconfirmed: "POST /v1/interactions/ID/outcome confirms an outcome",
  below_value: "--min-value takes those of less worth too",
  text_not_kept: "serve with --interactions full or redacted to keep texts",
};

/** A line for each count that is not 0, what was taken out, and what to know before training. */
export function formatReport(report: DatasetReport, folder: string): string {
  const reasons = Object.entries(report.leftOut).filter(([, count]) => count > 0);
  const counts = formatTable(
    ["interactions", "count"],
    [
      ["considered", String(report.considered)],
      ...reasons.map(([reason, count]) => [reasonTexts[reason as ReasonLeftOut], String(count)]),
      ["written", String(report.train + report.validation)],
    ],
  );
  if (report.files.length === 0) return counts;
  const scrubbed = [...report.scrubbed].map(([label, count]) => `${count} ${label}`).sort();
  return [
    counts,
    `scrubbed: ${scrubbed.length === 0 ? "nothing was found" : oneLine(scrubbed.join(", "))}\n`,
    `${folder}: ${report.train} rows to train with, ${report.validation} to validate\n`,
    ...listAdvice(report).map((advice) => `note: ${oneLine(advice)}\n`),
  ].join("");
}

/** The reason that holds of most, and what to do about it. */
export function explainNothing({ considered, leftOut }: DatasetReport): string {
  if (considered === 0)
    return "no interactions are kept; serve with --interactions full or redacted, and try again";
  const [reason, count] = (Object.entries(leftOut) as [ReasonLeftOut, number][]).reduce((most, entry) =>
    entry[1] > most[1] ? entry : most,
  );
  const remedy = remedies[reason];
  const shown = `${count} of ${considered}: ${reasonTexts[reason]}`;
  return remedy === undefined ? shown : `${shown}; ${remedy}`;
}
