import { roundScore } from "../../judges/index.ts";
import type { Candidate } from "./interaction-rows.ts";

/** Why an interaction is not in a data set; the first that holds is counted. */
export const reasonsLeftOut = [
  ...(["without_consent", "private", "not_successful", "outcome_unconfirmed", "below_value"] as const),
  ...(["text_not_kept", "text_cut", "beyond_max_rows", "blank", "not_scrubbed", "duplicates"] as const),
];
export type ReasonLeftOut = (typeof reasonsLeftOut)[number];
export type LeftOut = Readonly<Record<ReasonLeftOut, number>>;

export type Counter = { readonly counts: LeftOut; add(reason: ReasonLeftOut): void };

export function createCounter(): Counter {
  const counts = Object.fromEntries(reasonsLeftOut.map((reason) => [reason, 0])) as Record<
    ReasonLeftOut,
    number
  >;
  return { counts, add: (reason) => void counts[reason]++ };
}

export type Chosen = { readonly considered: number; readonly candidates: readonly Candidate[] };

/** Those that may be exported, in the order they came in; where they are too many, the ones of the highest value. */
export async function chooseCandidates(
  all: AsyncIterable<Candidate>,
  { minValue, maxRows }: { readonly minValue: number; readonly maxRows: number },
  counter: Counter,
): Promise<Chosen> {
  const fitting: Candidate[] = [];
  let considered = 0;
  for await (const candidate of all) {
    considered++;
    const reason = findReason(candidate, minValue);
    if (reason) counter.add(reason);
    else fitting.push(candidate);
  }
  const best = fitting.toSorted((left, right) => right.value - left.value || left.position - right.position);
  for (const _ of best.slice(maxRows)) counter.add("beyond_max_rows");
  const candidates = best.slice(0, maxRows).sort((left, right) => left.position - right.position);
  return { considered, candidates };
}

function findReason(candidate: Candidate, minValue: number): ReasonLeftOut | undefined {
  if (candidate.consent !== 1) return "without_consent";
  if (candidate.private === 1) return "private";
  if (candidate.outcome !== "success") return "not_successful";
  if (candidate.inferred === 1) return "outcome_unconfirmed";
  if (roundScore(candidate.value) < minValue) return "below_value";
  if (candidate.content !== "full" && candidate.content !== "redacted") return "text_not_kept";
  return candidate.cut === 1 ? "text_cut" : undefined;
}
