import type { WorkEvent } from "../models/index.ts";
import type { CliOutput } from "./io.ts";
import { oneLine } from "./table.ts";
import {
  createRateMeter,
  cutToWidth,
  formatBar,
  formatTransfer,
  isComplete,
  percentOf,
  type RateMeter,
} from "./transfer.ts";

const redrawMs = 100;
/** Files that are drawn at once; more are counted. */
const maxBars = 8;
const defaultColumns = 80;
/** A line in a log for each of these steps, and whenever nothing was said for so long. */
const logStepPercent = 10;
const logEveryMs = 5_000;

export type ProgressEvent = Exclude<WorkEvent, { type: "done" }>;

/** Shows work as it goes, until it is disposed of. */
export type Progress = Disposable & { show(event: ProgressEvent): void };

type ProgressOptions = { readonly now?: () => number };

type Tracked = {
  readonly label: string;
  readonly total: number;
  readonly completed: number;
  readonly rate: RateMeter;
};

/** Bars that are redrawn in place on a terminal, lines for a log elsewhere. */
export function createProgress(output: CliOutput): Progress {
  return output.isTTY === true ? createBars(output) : createLog(output);
}

/** One bar a file. Those that are complete stay where they are, the others are redrawn below them. */
export function createBars(
  output: CliOutput,
  { now = () => performance.now() }: ProgressOptions = {},
): Progress {
  const running = new Map<string, Tracked>();
  const done = new Set<string>();
  const columns = () => (output.columns || defaultColumns) - 1;
  let finished: string[] = [];
  let note = "";
  let drawnLines = 0;
  let isDrawn = true;

  function draw(): void {
    const bars = [...running.values()].map((tracked) => formatBar(withRate(tracked, now()), columns()));
    const hidden = bars.length - maxBars;
    const lines = [
      ...bars.slice(0, maxBars),
      ...(hidden > 0 ? [`and ${hidden} more`] : []),
      ...(note === "" ? [] : [cutToWidth(oneLine(note), columns())]),
    ];
    const up = drawnLines > 0 ? `\x1b[${drawnLines}A\r` : "";
    const text = [...finished, ...lines].map((line) => `${line}\x1b[K\n`).join("");
    output.write(`${up}${text}\x1b[J`);
    drawnLines = lines.length;
    finished = [];
    isDrawn = true;
  }

  const timer = setInterval(() => {
    if (!isDrawn || running.size > 0) draw();
  }, redrawMs);
  return {
    show(event) {
      isDrawn = false;
      if (event.type === "status") {
        note = event.status;
        return draw();
      }
      note = "";
      const tracked = track(running.get(event.digest), event, now());
      if (!isComplete(tracked)) {
        done.delete(event.digest);
        running.set(event.digest, tracked);
        return;
      }
      running.delete(event.digest);
      if (done.has(event.digest)) return;
      done.add(event.digest);
      finished.push(formatBar(withRate(tracked, now()), columns()));
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      note = "";
      draw();
    },
  };
}

/** A line for every status, and for each file as it grows. */
export function createLog(
  output: CliOutput,
  { now = () => performance.now() }: ProgressOptions = {},
): Progress {
  const running = new Map<string, Tracked & { readonly saidPercent: number; readonly saidAtMs: number }>();
  const done = new Set<string>();
  let lastStatus = "";
  return {
    show(event) {
      if (event.type === "status") {
        if (event.status !== lastStatus) output.write(`${oneLine(event.status)}\n`);
        lastStatus = event.status;
        return;
      }
      const before = running.get(event.digest);
      const tracked = track(before, event, now());
      if (isComplete(tracked) && done.has(event.digest)) return;
      const percent = percentOf(tracked);
      const isDue =
        !before ||
        isComplete(tracked) ||
        percent >= before.saidPercent + logStepPercent ||
        now() - before.saidAtMs >= logEveryMs;
      if (isDue) output.write(`${formatTransfer(withRate(tracked, now()))}\n`);
      const said = isDue || !before ? { saidPercent: percent, saidAtMs: now() } : before;
      if (isComplete(tracked)) {
        done.add(event.digest);
        running.delete(event.digest);
      } else {
        done.delete(event.digest);
        running.set(event.digest, { ...said, ...tracked });
      }
    },
    [Symbol.dispose]: () => running.clear(),
  };
}

function track(
  before: Tracked | undefined,
  event: Extract<ProgressEvent, { type: "progress" }>,
  nowMs: number,
): Tracked {
  const rate = before?.rate ?? createRateMeter();
  rate.note(event.completed, nowMs);
  return { label: event.status, total: event.total, completed: event.completed, rate };
}

function withRate({ rate, ...transfer }: Tracked, nowMs: number) {
  return { ...transfer, bytesPerSecond: rate.bytesPerSecond(nowMs) };
}
