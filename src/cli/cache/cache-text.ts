import type { CacheEvaluation, CacheStats } from "../../coordinator/index.ts";
import { formatBytes, formatCount, formatTable, oneLine } from "../table.ts";

/** Thresholds of an evaluation that are printed; --json has all. */
const shownThresholds = [0.8, 0.85, 0.9, 0.95, 0.97, 0.99, 1];

export function formatStats({
  entries,
  bytes,
  maxBytes,
  hits,
  tokensSaved,
  counts,
  spaces,
}: CacheStats): string {
  const {
    exact = 0,
    semantic = 0,
    shadow = 0,
    miss = 0,
    serve_refused: refused = 0,
    uncompared = 0,
  } = counts;
  const lines = [
    `${formatCount(entries)} stored answers take ${formatBytes(bytes)} of ${formatBytes(maxBytes)}`,
    `they were served ${hits} times; ${formatCount(tokensSaved)} tokens were not made again`,
    `looked up: ${exact} the same question, ${semantic} of the same meaning, ${shadow} in the shadow, ${miss} not there`,
    `the guard refused ${refused} similar questions`,
    ...(uncompared > 0 ? [`${uncompared} answers could not be compared; the log says why`] : []),
  ];
  if (spaces.length === 0) return `${lines.join("\n")}\n`;
  const rows = spaces.map(({ space, tenant, threshold, wrong }) => [
    ...[shortenDigest(oneLine(space)), oneLine(tenant)],
    threshold ? (Number.isFinite(threshold.value) ? threshold.value.toFixed(3) : "none") : "-",
    threshold?.basis ?? "-",
    ...[String(wrong.checked), String(wrong.wrong)],
    wrong.checked === 0 ? "unknown" : formatInterval(wrong.low, wrong.high),
  ]);
  const heads = ["COMPARED BY", "CLIENT", "SIMILARITY", "BASIS", "CHECKED", "WRONG", "WRONG SHARE (95 %)"];
  return `${lines.join("\n")}\n\n${formatTable(heads, rows)}`;
}

/** `isKept`: questions have to be as alike from now on as was found. */
export function formatEvaluation(evaluation: CacheEvaluation, { isKept = false } = {}): string {
  const { embedding, same, near, rows, passed, heldOut, start, maxWrongShare } = evaluation;
  const shown = rows.filter(({ threshold }) => shownThresholds.includes(threshold)).toReversed();
  const table = formatTable(
    [
      "SIMILARITY",
      "HITS",
      "FALSE HITS",
      "HITS, GUARDED",
      "FALSE HITS, GUARDED",
      "WRONG OF THOSE SERVED (95 %)",
    ],
    shown.map(({ threshold, plain, guarded }) => [
      ...[threshold.toFixed(2), String(plain.hits), String(plain.falseHits)],
      ...[String(guarded.hits), String(guarded.falseHits)],
      guarded.falseHitShare.value === undefined
        ? "nothing is served"
        : formatInterval(guarded.falseHitShare.low, guarded.falseHitShare.high),
    ]),
  );
  const bound = `${formatShare(maxWrongShare)} of what is served`;
  const found =
    start === undefined
      ? `at no similarity from 0.95 on is no more than ${bound} wrong; serve by meaning with another model`
      : `from ${start.toFixed(3)} on no more than ${bound} of these pairs is wrong${sayDoubt(evaluation, start)}`;
  const text = [
    `${oneLine(embedding)}: ${same} pairs that mean the same, ${near} that look alike and do not`,
    table.trimEnd(),
    `the guard lets ${passed.same} of ${same} and ${passed.near} of ${near} pass; of pairs of other subjects ` +
      `${heldOut.passed.same} of ${heldOut.same} and ${heldOut.passed.near} of ${heldOut.near}`,
    `${found}\n`,
  ].join("\n");
  return isKept ? `${text}${describeKept(evaluation)}\n` : text;
}

function describeKept({ embedding, start }: CacheEvaluation): string {
  return start === undefined
    ? `kept: nothing is served by what ${oneLine(embedding)} takes for similar, until another evaluation is kept`
    : `kept: ${oneLine(embedding)} has to find questions alike by ${start.toFixed(3)} or more`;
}

/** So much of a digest tells one file from another for a reader. */
function shortenDigest(space: string): string {
  return space.replace(/\b(sha256:[0-9a-f]{12})[0-9a-f]+/, "$1");
}

/** Few pairs served right prove little: how much of it may be wrong all the same. */
function sayDoubt({ rows, maxWrongShare }: CacheEvaluation, start: number): string {
  const at = rows.find(({ threshold }) => threshold === start)?.guarded;
  if (!at || at.falseHitShare.value === undefined || at.falseHitShare.high <= maxWrongShare) return "";
  return `; ${at.hits} hits are too few to promise it: up to ${formatShare(at.falseHitShare.high)} may be`;
}

function formatInterval(low: number, high: number): string {
  return `${formatShare(low)} to ${formatShare(high)}`;
}

function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
