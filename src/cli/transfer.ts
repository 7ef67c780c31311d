import { formatBytes, oneLine } from "./table.ts";
import { formatCountdown } from "./times.ts";

/** The rate is that of the last seconds, so that a stall shows. */
const rateWindowMs = 5_000;
const sampleEveryMs = 200;
const msPerSecond = 1000;
const maxLabelColumns = 32;
const maxBarColumns = 40;
const minBarColumns = 8;
const gap = "  ";

/** One file on its way. */
export type Transfer = {
  readonly label: string;
  readonly total: number;
  readonly completed: number;
  readonly bytesPerSecond: number;
};

/** Tells the rate from how far the work has come at which time. The first of these is where it began. */
export type RateMeter = {
  note(completed: number, atMs: number): void;
  bytesPerSecond(nowMs: number): number;
};

export function createRateMeter(): RateMeter {
  let samples: { readonly completed: number; readonly atMs: number }[] = [];
  let latest = 0;
  return {
    note(completed, atMs) {
      latest = completed;
      const last = samples.at(-1);
      if (last && atMs - last.atMs < sampleEveryMs) return;
      const firstKept = samples.findLastIndex((sample) => atMs - sample.atMs >= rateWindowMs);
      samples = [...samples.slice(Math.max(0, firstKept)), { completed, atMs }];
    },
    bytesPerSecond(nowMs) {
      const first = samples.findLast((sample) => nowMs - sample.atMs >= rateWindowMs) ?? samples[0];
      if (!first || nowMs - first.atMs < sampleEveryMs) return 0;
      return Math.max(0, ((latest - first.completed) / (nowMs - first.atMs)) * msPerSecond);
    },
  };
}

export function isComplete({ completed, total }: Pick<Transfer, "completed" | "total">): boolean {
  return completed >= total;
}

/** 0 to 100; only what is complete has 100. */
export function percentOf({ completed, total }: Pick<Transfer, "completed" | "total">): number {
  return completed >= total ? 100 : Math.min(99, Math.floor((completed / total) * 100));
}

/** How far a file is, with its rate and the time left: for a log. */
export function formatTransfer(transfer: Transfer): string {
  const { label, total } = transfer;
  if (isComplete(transfer)) return `${oneLine(label)}: ${formatBytes(total)}, complete`;
  const speed = describeSpeed(transfer)
    .filter((figure) => figure !== "")
    .map((figure, index) => (index === 1 ? `, ${figure} left` : `, ${figure}`));
  return `${oneLine(label)}: ${percentOf(transfer)} % of ${formatBytes(total)}${speed.join("")}`;
}

/** The same with a bar, in at most so many columns; what matters least goes first where they are few. */
export function formatBar(transfer: Transfer, columns: number): string {
  const label = cutToWidth(oneLine(transfer.label), maxLabelColumns);
  const figures = describeFigures(transfer);
  const share = transfer.total === 0 ? 1 : Math.min(1, transfer.completed / transfer.total);
  const around = Bun.stringWidth([label, ...figures].join(gap)) + gap.length;
  const barColumns = Math.min(maxBarColumns, columns - around);
  if (barColumns >= minBarColumns) return [label, drawBar(share, barColumns), ...figures].join(gap);
  while (figures.length > 1 && Bun.stringWidth([label, ...figures].join(gap)) > columns) figures.pop();
  return cutToWidth([label, ...figures].join(gap), columns);
}

export function cutToWidth(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let cut = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Bun.stringWidth(cut) + Bun.stringWidth(segment) + 1 > columns) break;
    cut += segment;
  }
  return columns > 0 ? `${cut}…` : "";
}

/** Padded, so that the bar beside them stands still. */
function describeFigures(transfer: Transfer): string[] {
  const total = formatBytes(transfer.total);
  const percent = `${percentOf(transfer)} %`.padStart(5);
  if (isComplete(transfer)) return [percent, total];
  const [rate = "", left = ""] = describeSpeed(transfer);
  const completed = formatBytes(transfer.completed).padStart(9);
  return [percent, `${completed} of ${total}`, rate.padStart(10), left.padStart(7)];
}

/** Rate and time left; empty as long as nothing is known of them. */
function describeSpeed({
  completed,
  total,
  bytesPerSecond,
}: Transfer): readonly [rate: string, left: string] {
  if (bytesPerSecond <= 0) return ["", ""];
  return [`${formatBytes(bytesPerSecond)}/s`, formatCountdown((total - completed) / bytesPerSecond)];
}

function drawBar(share: number, columns: number): string {
  const filled = Math.floor(share * columns);
  return "█".repeat(filled) + "░".repeat(columns - filled);
}
