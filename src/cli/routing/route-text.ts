/** What a person reads of receipts. Names and reasons come from clients, servers and plugins: none steers the terminal. */
import type { JsonObject, JsonValue } from "../../contract/index.ts";
import type { Replay, RouteCalibration, StoredRoute } from "../../coordinator/index.ts";
import { formatTable, oneLine } from "../table.ts";

/** Rows of a curve that are shown; all of it is there with --json. */
const shownPoints = 11;

const outcomes = { finished: "answered", failed: "failed", cancelled: "was interrupted" } as const;

export function formatRoute({ id, createdAtMs, body }: StoredRoute): string {
  const { kind, rule, reason, answered_by, asked, outcome, error_code, confidence, bar, policy } = body;
  const isSaid = confidence === undefined || rule === "escalated";
  const sure = isSaid ? "" : `, with a confidence of ${confidence} against a bar of ${bar}`;
  const answered = `${answered_by} (${kind}) ${outcomes[outcome]}`;
  const lines = [
    `${id} of ${new Date(createdAtMs).toISOString()}`,
    `${asked} was asked, ${answered}${error_code === undefined ? "" : `: ${error_code}`}`,
    `rule ${rule}: ${reason}${sure}`,
    ...(policy === undefined ? [] : [`decided by ${policy}`]),
    ...body.attempts.map(formatAttempt),
    ...formatInput(body.decision?.input),
    ...formatCache(body.cache),
    ...formatContext(body.context),
  ];
  return `${lines.map(oneLine).join("\n")}\n`;
}

function formatAttempt({ model, outcome, reason, duration_ms }: JsonObject): string {
  const time = duration_ms === undefined ? "" : `, ${duration_ms} ms`;
  return `- ${model} ${outcome}${reason === undefined ? "" : ` (${reason}${time})`}`;
}

function formatInput(input: JsonObject | undefined): readonly string[] {
  if (!input) return [];
  const { hook: _, promptSha256: __, prompt: ___, ...signals } = input;
  return [`given ${Object.entries(signals).map(formatSignal).join(", ")}`];
}

function formatSignal([name, value]: [string, JsonValue]): string {
  return `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`;
}

function formatCache({ outcome, reason }: JsonObject): readonly string[] {
  return outcome === "off" ? [] : [`cache ${outcome}${reason === undefined ? "" : `: ${reason}`}`];
}

function formatContext(context: JsonObject | undefined): readonly string[] {
  if (!context) return [];
  const { collections, reason, citations } = context;
  const names = Array.isArray(collections) ? collections.join(", ") : "";
  const texts: readonly JsonObject[] = Array.isArray(citations) ? citations : [];
  return [
    `context of ${names}: ${texts.length} texts${reason === undefined ? "" : `; ${reason}`}`,
    ...texts.map(formatCitation),
  ];
}

function formatCitation({
  index,
  source,
  filename = source,
  start_line,
  end_line,
  score,
}: JsonObject): string {
  return `[${index}] ${filename}:${start_line}-${end_line}, score ${score}`;
}

/** `isFiltered`: there may be others than those that were asked for. */
export function formatRoutes(
  routes: readonly StoredRoute[],
  { isFiltered }: { readonly isFiltered: boolean },
): string {
  if (routes.length === 0) {
    return isFiltered
      ? "no noted answer is of this kind and rule\n"
      : "no answer is noted yet; hearth serve notes those that it gives\n";
  }
  return formatTable(
    ["ID", "TIME", "ASKED", "ANSWERED BY", "RULE", "REASON"],
    routes.map(({ id, createdAtMs, body }) =>
      [id, new Date(createdAtMs).toISOString(), body.asked, body.answered_by, body.rule, body.reason].map(
        oneLine,
      ),
    ),
  );
}

export function formatReplay({ policy, before, after, isChanged }: Replay): string {
  const say = ({ route, rule, reason }: JsonObject) => `${route} by ${rule}: ${reason}`;
  const verdict = isChanged ? "it would have been decided otherwise" : "it would have been the same";
  return `${[`before  ${say(before)}`, `${policy}  ${say(after)}`, verdict].map(oneLine).join("\n")}\n`;
}

export function formatCalibration(calibration: RouteCalibration): string {
  const { model, examples, right, separation, curve, chosen, stored, remoteQuality } = calibration;
  const rows = pick(curve).map(({ bar, remoteShare, localQuality, quality }) => [
    ...[bar, remoteShare, localQuality ?? Number.NaN, quality].map(formatShare),
  ]);
  return [
    `${oneLine(model)}: ${right} of ${examples} answers are right`,
    separation === undefined
      ? ", all alike, so that confidence tells nothing\n\n"
      : `; confidence tells right from wrong with ${formatShare(separation)} (0.5 is a coin)\n\n`,
    formatTable(["BAR", "GO REMOTE", "RIGHT OF THOSE THAT STAY", "RIGHT OF ALL"], rows),
    `\nright of all: a remote answer counts as right with ${remoteQuality}, which is assumed and not measured\n`,
    chosen && stored
      ? `the bar of ${oneLine(model)} is ${formatShare(chosen.bar)} now: ${formatShare(chosen.remoteShare)} go remote\n`
      : "no bar is set; --share or --quality sets one\n",
  ].join("");
}

function formatShare(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(3);
}

/** Evenly chosen ones, the first and the last among them. */
function pick<T>(points: readonly T[]): readonly T[] {
  if (points.length <= shownPoints) return points;
  const step = (points.length - 1) / (shownPoints - 1);
  return points.filter((_, index) =>
    Array.from({ length: shownPoints }, (__, row) => Math.round(row * step)).includes(index),
  );
}
