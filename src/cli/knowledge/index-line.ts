import type { IndexProgress } from "../../knowledge/index.ts";
import type { CliOutput } from "../io.ts";
import { oneLine } from "../table.ts";
import { cutToWidth } from "../transfer.ts";

const defaultColumns = 80;
const redrawMs = 100;
/** A line for a log whenever nothing was said for so long. */
const logEveryMs = 5_000;

/** One line that is redrawn on a terminal and removed at the end; elsewhere a line from time to time. */
export type IndexLine = Disposable & { show(progress: IndexProgress): void };

export function createIndexLine(
  output: CliOutput,
  { isQuiet, now = () => performance.now() }: { readonly isQuiet: boolean; readonly now?: () => number },
): IndexLine {
  const isTerminal = output.isTTY === true;
  let saidAtMs = isTerminal ? Number.NEGATIVE_INFINITY : now();
  let isDrawn = false;
  return {
    show({ files, chunks, source }) {
      if (isQuiet || now() - saidAtMs < (isTerminal ? redrawMs : logEveryMs)) return;
      saidAtMs = now();
      const text = `${files} files, ${chunks} chunks  ${oneLine(source)}`;
      if (!isTerminal) return void output.write(`${text}\n`);
      isDrawn = true;
      output.write(`\r${cutToWidth(text, (output.columns || defaultColumns) - 1)}\x1b[K`);
    },
    [Symbol.dispose]() {
      if (isDrawn) output.write("\r\x1b[K");
      isDrawn = false;
    },
  };
}
